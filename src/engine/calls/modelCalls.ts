/** Models: opened, completed, examined, and kept on this device. */
import type { ModelSlot } from "../../protocol/analysis";
import type { EngineApi, ModelInfo } from "../../protocol/api";
import { VitrineError } from "../../protocol/errors";
import { sampleTokens } from "../check/healthCheck";
import type { ModelCache } from "../formats/hub/modelCache";
import { partsToKeep } from "../formats/modelParts";
import { completed } from "../open/openModel";
import type { LoadRequest } from "../open/openModels";
import type { EngineParts } from "./engineParts";

type ModelCall = "model" | "missingFields" | `${string}Model` | `kept${string}` | "deleteKept";

export function modelCalls(engine: EngineParts): Pick<EngineApi, Extract<keyof EngineApi, ModelCall>> {
  const { host, models, saes } = engine;
  const cancellable = engine.running.cancellable.bind(engine.running);

  async function load(slot: ModelSlot, request: LoadRequest): Promise<ModelInfo> {
    const info = await models.load(slot, await engine.device.device(), request);
    // They belong to the model that was there before.
    if (slot === "main") saes.forget();
    return info;
  }

  async function cache(): Promise<ModelCache> {
    if (host.cache) return host.cache();
    throw new VitrineError("Unsupported", "Models are kept by the page only, in a browser.");
  }

  return {
    loadModel: (source, precision, runId, onProgress) =>
      cancellable(runId, (token) => load("main", { source, precision, token, onProgress })),
    loadOtherModel: (source, precision, runId, onProgress) =>
      cancellable(runId, (token) => load("other", { source, precision, token, onProgress })),
    missingFields: (source, runId) => cancellable(runId, (token) => models.missingFields({ source, token })),
    closeOtherModel: async () => models.closeOther(),
    model: async () => models.main?.info,
    async completeModel(files) {
      const open = await completed(models.in(), files);
      models.complete("main", open);
      return open.info;
    },
    examineModel: (runId, slot) =>
      cancellable(runId, async (pauser) => {
        const { lookCloser } = await import("../check/closerLook");
        const samples = (config: Parameters<typeof sampleTokens>[0]) =>
          sampleTokens(config, models.in(slot).tokenizer);
        return engine.withModel((model) => lookCloser(model, samples(model.config), pauser), slot);
      }),
    keepModel: (runId, onProgress) =>
      cancellable(runId, async (pauser) => {
        const { info, fileSet, files } = models.in();
        return (await cache()).keep(info, partsToKeep(fileSet, files.weightFiles), pauser, onProgress);
      }),
    keptModels: async () => (await cache()).list(),
    deleteKept: async (sha256) => (await cache()).delete(sha256),
  };
}
