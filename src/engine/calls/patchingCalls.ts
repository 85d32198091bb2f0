/** Patching and ablation in bulk: sweeps of one change over a model. */
import { bindMethods, type MethodTable } from "./methodTable";
import type { EngineParts } from "./engineParts";

const METHODS: MethodTable<"sweep"> = {
  sweep: {
    slot: ({ model }) => model,
    load: async ({ speed }) => {
      const { sweep } = await import("../methods/sweep/sweep");
      return ({ model, pauser, onProgress }, request) =>
        speed.timed(() => sweep(model, request, pauser, onProgress));
    },
    cost: async () => {
      const { sweepCost } = await import("../methods/sweep/sweep");
      return (request, modelIn) => sweepCost(modelIn(request.model), request);
    },
  },
};

export const patchingCalls = (engine: EngineParts) => bindMethods(engine, METHODS);
