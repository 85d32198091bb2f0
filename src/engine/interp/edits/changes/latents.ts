/** Latents of an autoencoder: the tap carries them out, in a stage of their own (latentTables.ts). */
import { saeOf } from "../../../models/model";
import type { ChangeKind } from "./change";

export const latents: ChangeKind<"latents"> = {
  site: ({ sae }, model) => saeOf(model, sae).siteOut,
};
