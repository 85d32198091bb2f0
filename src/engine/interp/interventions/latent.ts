/** Latents of an attached autoencoder: the row carries the change, the tap carries it out (ops/latentEdits.ts). */
import { VitrineError } from "../../../protocol/errors";
import type { Resolve } from "./resolve";

export const latent: Resolve<"latent"> = (
  { sae: { name, sha256 }, latents, op, amount, error, positions },
  { model },
) => {
  const attached = [...model.saes].find(([, sae]) => sae.description.sha256 === sha256);
  if (!attached) {
    throw new VitrineError(
      "Unsupported",
      `An edit changes latents of the autoencoder ${name} (SHA-256 ${sha256.slice(0, 12)}…), which is not attached; attach it or switch the edit off.`,
    );
  }
  const changes = latents.map((index) => ({ latent: index, op, amount }));
  return [{ kind: "latents", sae: attached[0], changes, error, ...(positions && { positions }) }];
};
