/** Chains of thought: games of steps and tokens, chains written again, faithfulness, thought anchors. */
import type { ChainApi } from "../../protocol/chainApi";
import { bindMethods, type MethodTable } from "./methodTable";
import type { EngineParts } from "./engineParts";
import { textCodec } from "./textCodec";

const METHODS: MethodTable<Exclude<keyof ChainApi, "shapleyCost">> = {
  resampleSteps: {
    load: async () => {
      const { resampleSteps } = await import("../methods/resampleSteps/resampleSteps");
      return ({ model, pauser, onProgress }, request) => resampleSteps(model, request, pauser, onProgress);
    },
  },
  chainGame: {
    load: async ({ speed }) => {
      const { chainGame } = await import("../methods/chainGame/chainGame");
      return ({ model, pauser, onProgress }, request) =>
        speed.timed(() => chainGame(model, request, pauser, onProgress));
    },
    cost: async () => {
      const { trieTokens } = await import("../interp/coalitions/trieTokens");
      return (request) => ({
        coalitions: 2 ** (request.players ?? request.chain.steps).length,
        tokens: trieTokens(request, request.players),
      });
    },
  },
  coalitions: {
    load: async ({ speed }) => {
      const { evaluateCoalitions } = await import("../methods/coalitions/coalitions");
      return async ({ model, pauser }, request) => {
        const { results } = await speed.timed(() => evaluateCoalitions(model, request, pauser));
        return results;
      };
    },
  },
  writeChains: {
    slot: ({ model }) => model,
    load: async () => {
      const { writeChains } = await import("../methods/faithfulness/faithfulness");
      return ({ model, open, pauser, onProgress }, request) =>
        writeChains(model, textCodec(open), request, pauser, onProgress);
    },
  },
  faithfulness: {
    slot: ({ model }) => model,
    load: async () => {
      const { faithfulness } = await import("../methods/faithfulness/faithfulness");
      return ({ model, open, pauser, onProgress }, request) =>
        faithfulness(model, textCodec(open), request, pauser, onProgress);
    },
  },
  anchorRollouts: {
    load: async () => {
      const { anchorRollouts } = await import("../methods/anchors/anchors");
      return ({ model, open, pauser, onProgress }, request) =>
        anchorRollouts(model, textCodec(open), request, pauser, onProgress);
    },
  },
  stepSuppression: {
    load: async () => {
      const { stepSuppression } = await import("../methods/anchors/anchors");
      return ({ model, pauser }, request) => stepSuppression(model, request, pauser);
    },
  },
  stepAttention: {
    load: async () => {
      const { stepAttention } = await import("../methods/anchors/anchors");
      return ({ model, pauser }, request) => stepAttention(model, request, pauser);
    },
  },
};

export const chainCalls = (engine: EngineParts): ChainApi => bindMethods(engine, METHODS);
