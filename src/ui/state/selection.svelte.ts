/** How the position that views are about is called, by why it is that one. */
export const POSITION_NAMES = {
  pinned: "pinned token",
  answer: "token before the answer",
  last: "last token",
} as const;

/** What is under the pointer or pinned. Every view reads and writes this one object. */
export class Selection {
  /** Index of a chain step, while it is pointed at or focused. */
  step = $state<number | undefined>();
  /** Index of the token that is pointed at, in the strip or in a view. */
  token = $state<number | undefined>();
  /** Index of the token that views are about: clicked, or chosen by Enter. Without one: the token that predicts
   * the answer, or the last one where there is no answer. */
  pinned = $state<number | undefined>();
  layer = $state(0);
  head = $state(0);
  /** A neuron of the MLP of `layer`. */
  neuron = $state(0);
  /** The autoencoder that views are about, by the SHA-256 of its weights; without one: the first that is attached. */
  sae = $state<string | undefined>();
  /** A latent of it; without one: the most active at the position. */
  latent = $state<number | undefined>();
}
