/** Calls about latents whose methods are not wired yet: each says so. Goes away with the last of them. */
import type { EngineApi } from "../protocol/api";
import { VitrineError } from "../protocol/errors";

const refuse = (what: string) => async () => {
  throw new VitrineError("Unsupported", `${what} cannot be computed yet in this version.`);
};

export const LATENT_METHODS_TO_COME: Pick<
  EngineApi,
  | "saeByLogit"
  | "saeEffects"
  | "saeTrace"
  | "saeCorpus"
  | "saeCorpusLatent"
  | "saeCorpusOverview"
  | "releaseCorpus"
> = {
  saeByLogit: refuse("The latents of a token"),
  saeEffects: refuse("The latents' effects"),
  saeTrace: refuse("A latent's effect on later tokens"),
  saeCorpus: refuse("A corpus"),
  saeCorpusLatent: refuse("A corpus"),
  saeCorpusOverview: refuse("A corpus"),
  releaseCorpus: async () => undefined,
};
