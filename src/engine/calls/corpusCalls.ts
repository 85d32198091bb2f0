/** Corpora that autoencoders read; the engine holds each until it is released. */
import type { EngineApi } from "../../protocol/api";
import { bindMethods, type MethodTable } from "./methodTable";
import type { EngineParts } from "./engineParts";

const METHODS: MethodTable<"saeCorpus" | "goOnWithCorpus" | "saeCorpusLatent"> = {
  saeCorpus: {
    load: async ({ saes }) => {
      const corpora = await saes.corpora();
      return ({ model, open, pauser, onProgress }, request) =>
        corpora.run(model, request, open.info.bosId, pauser, onProgress);
    },
  },
  goOnWithCorpus: {
    load: async ({ saes }) => {
      const corpora = await saes.corpora();
      return ({ model, pauser, onProgress }, id) => corpora.goOn(model, id, pauser, onProgress);
    },
  },
  saeCorpusLatent: {
    load: async ({ saes }) => {
      const corpora = await saes.corpora();
      return ({ model, pauser }, request) => corpora.latent(model, request, pauser);
    },
  },
};

type CorpusCall = keyof typeof METHODS | "saeCorpusOverview" | "releaseCorpus";

export const corpusCalls = (engine: EngineParts): Pick<EngineApi, CorpusCall> => ({
  ...bindMethods(engine, METHODS),
  saeCorpusOverview: async (request) => (await engine.saes.corpora()).overview(request),
  releaseCorpus: async (id) => engine.saes.releaseCorpus(id),
});
