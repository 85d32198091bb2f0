/** The calls of the engine that are about chains of thought. Their code is fetched with the first of them. */
import type { RunId } from "../../protocol/progress";
import { NEVER_CANCELLED, type CancelToken } from "../../protocol/cancel";
import type { ShapleyCost, ShapleyCostRequest } from "../../protocol/chain";
import type { ChainApi } from "../../protocol/chainApi";
import type { ModelSlot } from "../../protocol/analysis";
import type { Model } from "../models/model";
import type { TokenSpeed } from "./tokenSpeed";

const LAZY = {
  anchors: () => import("../methods/anchors/anchors"),
  chainGame: () => import("../methods/chainGame/chainGame"),
  coalitions: () => import("../methods/coalitions/coalitions"),
  faithfulness: () => import("../methods/faithfulness/faithfulness"),
  resampleSteps: () => import("../methods/resampleSteps/resampleSteps"),
  trieTokens: () => import("../interp/coalitions/trieTokens"),
};

/** What the engine gives to its calls. */
export interface ChainHost {
  withModel<T>(work: (model: Model) => Promise<T>): Promise<T>;
  onModel<Method, T>(
    runId: RunId,
    load: () => Promise<Method>,
    call: (method: Method, model: Model, pauser: CancelToken) => Promise<T>,
    slot?: ModelSlot,
  ): Promise<T>;
  /** Text in and out of a model. */
  codec(slot?: ModelSlot): TextCodec;
  readonly speed: TokenSpeed;
}

export interface TextCodec {
  encode(text: string, options: { readonly addBos: boolean }): number[];
  /** The tokens of the whole text, cut where its parts meet. */
  encodeParts(
    texts: readonly string[],
    options: { readonly addBos: boolean },
  ): { readonly parts: readonly (readonly number[])[] };
  /** As the text reads in the middle of another. */
  encodeInside(text: string): number[];
  readonly bosByDefault: boolean;
  /** `before`: the token ahead of them. */
  text(ids: readonly number[], before?: number): string;
  readonly eosId: number | undefined;
}

export function createChainCalls({ withModel, onModel, codec, speed }: ChainHost): ChainApi {
  async function cost(request: ShapleyCostRequest): Promise<ShapleyCost> {
    const { trieTokens } = await LAZY.trieTokens();
    const tokens = trieTokens(request, request.players);
    const coalitions = 2 ** (request.players ?? request.chain.steps).length;
    return { coalitions, tokens, ...speed.cost(tokens) };
  }

  return {
    resampleSteps: (request, runId, onProgress) =>
      onModel(runId, LAZY.resampleSteps, ({ resampleSteps }, model, pauser) =>
        resampleSteps(model, request, pauser, onProgress),
      ),
    chainGame: (request, runId, onProgress) =>
      onModel(runId, LAZY.chainGame, async ({ chainGame }, model, pauser) => {
        const started = performance.now();
        return speed.measured(started, await chainGame(model, request, pauser, onProgress));
      }),
    async coalitions(request) {
      const { evaluateCoalitions } = await LAZY.coalitions();
      const started = performance.now();
      const { results } = speed.measured(
        started,
        await withModel((model) => evaluateCoalitions(model, request, NEVER_CANCELLED)),
      );
      return results;
    },
    shapleyCost: cost,
    writeChains: (request, runId, onProgress) =>
      onModel(
        runId,
        LAZY.faithfulness,
        ({ writeChains }, model, pauser) =>
          writeChains(model, codec(request.model), request, pauser, onProgress),
        request.model,
      ),
    faithfulness: (request, runId, onProgress) =>
      onModel(
        runId,
        LAZY.faithfulness,
        ({ faithfulness }, model, pauser) =>
          faithfulness(model, codec(request.model), request, pauser, onProgress),
        request.model,
      ),
    anchorRollouts: (request, runId, onProgress) =>
      onModel(runId, LAZY.anchors, ({ anchorRollouts }, model, pauser) =>
        anchorRollouts(model, codec(), request, pauser, onProgress),
      ),
    stepSuppression: (request, runId) =>
      onModel(runId, LAZY.anchors, ({ stepSuppression }, model, pauser) =>
        stepSuppression(model, request, pauser),
      ),
    stepAttention: (request, runId) =>
      onModel(runId, LAZY.anchors, ({ stepAttention }, model, pauser) =>
        stepAttention(model, request, pauser),
      ),
  };
}
