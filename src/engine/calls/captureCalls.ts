/** Captured tensors: what a capture would hold, captures, and what views read of them. */
import type { EngineApi } from "../../protocol/api";
import { bindMethods, type MethodTable } from "./methodTable";
import type { EngineParts } from "./engineParts";

const METHODS: MethodTable<"capture"> = {
  capture: {
    slot: ({ model }) => model,
    load: async ({ captures }) => {
      const { capture, planCapture } = await import("../methods/capture/capture");
      const store = await captures();
      return async ({ model, pauser }, request) => {
        store.checkRoom(planCapture(model, request).bytes);
        return store.put(await capture(model, request, pauser));
      };
    },
  },
};

type CaptureCall =
  "planCapture" | "capture" | "releaseTensors" | "tensorStats" | "readTensor" | "exportTensors";

export const captureCalls = (engine: EngineParts): Pick<EngineApi, CaptureCall> => ({
  ...bindMethods(engine, METHODS),
  async planCapture(request) {
    const { planCapture } = await import("../methods/capture/capture");
    const { model } = engine.models.in(request.model);
    return (await engine.captures()).limited(planCapture(model, request));
  },
  releaseTensors: async (ids) => (await engine.captures()).release(ids),
  async tensorStats(...asked) {
    // They stay with the tensor; the caller gets norms of its own.
    const stats = (await engine.captures()).stats(...asked);
    return { ...stats, norms: stats.norms.slice() };
  },
  readTensor: async (window) => (await engine.captures()).window(window),
  exportTensors: async (...asked) => (await engine.captures()).file(...asked),
});
