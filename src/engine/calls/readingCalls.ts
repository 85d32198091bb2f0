/** Reading a pass: the logit lens, attribution, neurons, two runs side by side, gradients. */
import { refuse } from "../../protocol/errors";
import { bindMethods, type MethodTable } from "./methodTable";
import type { EngineParts } from "./engineParts";

const METHODS: MethodTable<"logitLens" | "attribution" | "neuron" | "compare" | "gradients"> = {
  logitLens: {
    slot: ({ model }) => model,
    load: async ({ saes }) => {
      const { logitLens } = await import("../methods/logitLens/logitLens");
      return async ({ model, pauser }, request) => {
        if (request.lens === undefined) return logitLens(model, request, pauser);
        if (request.model === "other")
          refuse("A Jacobian lens is of the page's model; the other one has none.");
        return logitLens(model, request, pauser, (await saes.lenses()).find(request.lens));
      };
    },
  },
  attribution: {
    slot: ({ model }) => model,
    load: async () => {
      const { attribution } = await import("../methods/attribution/attribution");
      return ({ model }, request) => attribution(model, request);
    },
  },
  neuron: {
    slot: ({ model }) => model,
    load: async () => {
      const { neuron } = await import("../methods/neuron/neuron");
      return ({ model }, request) => neuron(model, request);
    },
  },
  compare: {
    slot: ({ base }) => base.model,
    load: async ({ models }) => {
      const { compare } = await import("../methods/compare/compare");
      return ({ model, pauser }, request) => {
        const [base, against] = [request.base.model ?? "main", request.other.model ?? "main"];
        const klAbsent = base === against ? undefined : models.differingTokens();
        return models.during(against, (other) => compare(model, other, request, pauser, klAbsent));
      };
    },
  },
  gradients: {
    slot: ({ model }) => model,
    load: async () => {
      const { promptGradients } = await import("../methods/gradients/gradients");
      return ({ model, pauser }, request) => promptGradients(model, request, pauser);
    },
  },
};

export const readingCalls = (engine: EngineParts) => bindMethods(engine, METHODS);
