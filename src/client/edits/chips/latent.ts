/** Changed latents of an autoencoder, in words. */
import type { EditKindWords } from "./chip";
import { amountOfAnySize, number, scope, several } from "./words";

const SIGNS = { clamp: "to", scale: "×", add: "+" };

export const latent: EditKindWords<"latent"> = {
  what({ sae, latents, op, error }) {
    if (latents.length === 0) return `reconstruction of ${sae.name} in place`;
    return `${op} ${several("latent", latents)} of ${sae.name}${error === "dropped" ? ", error term dropped" : ""}`;
  },
  scope,
  amount: ({ latents, op, amount }) =>
    op !== "ablate" && latents.length > 0 ? amountOfAnySize("amount", amount) : undefined,
  amountText: ({ latents, op, amount }) =>
    op !== "ablate" && latents.length > 0 ? `${SIGNS[op]} ${number(amount)}` : "",
  misfit({ sae: { name, sha256 } }, _model, attached) {
    if (attached.has(sha256)) return undefined;
    return `the autoencoder ${name} (SHA-256 ${sha256.slice(0, 12)}…) is not attached: attach it in the Features panel.`;
  },
};
