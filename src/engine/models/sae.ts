/** An attached sparse autoencoder: its weights on the device, and the sites of the model that it reads and writes. */
import type { SaeDescription } from "../../protocol/sae/sae";
import type { Site } from "../../protocol/sites";
import type { editLatents } from "../ops/latentEdits";
import type { SaeWeights } from "../ops/saeWeights";

export interface Sae {
  readonly description: SaeDescription;
  readonly siteIn: Site;
  readonly siteOut: Site;
  /** A part of a cross-layer transcoder: all sites that it writes, `siteOut` first. */
  readonly writes?: readonly Site[];
  readonly weights: SaeWeights;
  /** Changes its latents in what the model computes (ops/latentEdits.ts): code that comes with the first autoencoder. */
  readonly editLatents: typeof editLatents;
  /** Gives its memory back. */
  free(): void;
}
