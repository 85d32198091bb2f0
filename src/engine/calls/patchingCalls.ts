/** Patching and ablation in bulk, exact and to first order, and attribution by gradients. */
import { bindMethods, type MethodTable } from "./methodTable";
import type { EngineParts } from "./engineParts";

type PatchingMethod =
  | "sweep"
  | "attributionPatching"
  | "tokenAttribution"
  | "edgeAttribution"
  | "latentAttribution"
  | "attributionGraph";

const METHODS: MethodTable<PatchingMethod> = {
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
  attributionPatching: {
    slot: ({ model }) => model,
    load: async () => {
      const { attributionPatching } = await import("../methods/attributionPatching/attributionPatching");
      return ({ model, pauser, onProgress }, request) =>
        attributionPatching(model, request, pauser, onProgress);
    },
  },
  tokenAttribution: {
    slot: ({ model }) => model,
    load: async () => {
      const { tokenAttribution } = await import("../methods/tokenAttribution/tokenAttribution");
      return ({ model, pauser, onProgress }, request) => tokenAttribution(model, request, pauser, onProgress);
    },
  },
  edgeAttribution: {
    slot: ({ model }) => model,
    load: async () => {
      const { edgeAttribution } = await import("../methods/edgeAttribution/edgeAttribution");
      return ({ model, pauser, onProgress }, request) => edgeAttribution(model, request, pauser, onProgress);
    },
  },
  attributionGraph: {
    slot: ({ model }) => model,
    load: async () => {
      const { attributionGraph } = await import("../methods/attributionGraph/attributionGraph");
      return ({ model, pauser, onProgress }, request) => attributionGraph(model, request, pauser, onProgress);
    },
  },
  latentAttribution: {
    load: async () => {
      const { latentAttribution } = await import("../methods/latentAttribution/latentAttribution");
      return ({ model, pauser, onProgress }, request) =>
        latentAttribution(model, request, pauser, onProgress);
    },
  },
};

export const patchingCalls = (engine: EngineParts) => bindMethods(engine, METHODS);
