/**
 * Methods of the flat API as a table: adding one is adding one entry. An entry says how its code is fetched, with the
 * first call; which model a request is for; and, of long methods, what a request would cost.
 *
 * A bound method fetches its code, waits for the device, runs on the model, and runs once more if the device is lost
 * under it. With a run id it can be cancelled.
 */
import type { ModelSlot } from "../../protocol/analysis";
import type { EngineApi } from "../../protocol/api";
import type { CancelToken } from "../../protocol/cancel";
import type { RunId } from "../../protocol/progress";
import type { Model } from "../models/model";
import type { OpenModel } from "../open/openModel";
import type { EngineParts } from "./engineParts";

type Name = keyof EngineApi;
type RequestOf<N extends Name> = Parameters<EngineApi[N]>[0];
type ResultOf<N extends Name> = Awaited<ReturnType<EngineApi[N]>>;
/** The callback of a method that tells how far it is. */
type OnNewsOf<N extends Name> =
  Parameters<EngineApi[N]> extends readonly [unknown, RunId?]
    ? undefined
    : Parameters<EngineApi[N]> extends readonly [unknown, RunId, (infer OnNews)?]
      ? OnNews
      : never;

/** What a method is given besides its request. */
export interface MethodUse<OnNews> {
  readonly model: Model;
  /** The same model with its files, tokenizer and description. */
  readonly open: OpenModel;
  readonly pauser: CancelToken;
  readonly onProgress: OnNews | undefined;
}

/** Methods with a call that says beforehand what they cost. */
const COST_CALLS = { sweep: "sweepCost", chainGame: "shapleyCost" } as const satisfies Partial<
  Record<Name, Name>
>;
type CostOf<N extends Name> = N extends keyof typeof COST_CALLS ? (typeof COST_CALLS)[N] : never;

interface Entry<Request, OnNews, Result> {
  /** The model that a request is for; absent: always the page's. */
  readonly slot?: (request: Request) => ModelSlot | undefined;
  readonly load: (
    engine: EngineParts,
  ) => Promise<(use: MethodUse<OnNews>, request: Request) => Result | Promise<Result>>;
}

interface Cost<N extends Name> {
  /** Seconds are added from the speed that was measured; `modelIn` throws if no model is open. */
  readonly cost: () => Promise<
    (
      request: RequestOf<N>,
      modelIn: (slot: ModelSlot | undefined) => Model,
    ) => Omit<ResultOf<N>, "seconds"> & { readonly tokens: number }
  >;
}

export type MethodTable<Names extends Name> = {
  readonly [N in Names]: Entry<RequestOf<N>, OnNewsOf<N>, ResultOf<N>> &
    ([CostOf<N>] extends [never] ? unknown : Cost<CostOf<N>>);
};

/** The calls of a table. */
export function bindMethods<Names extends Name>(
  engine: EngineParts,
  table: MethodTable<Names>,
): Pick<EngineApi, Names | CostOf<Names>> {
  const names = Object.keys(table) as Names[];
  const calls = names.map((name) => [name, bound(engine, table[name])]);
  const costs = names.flatMap((name) => {
    const entry: object = table[name];
    return "cost" in entry && name in COST_CALLS
      ? [[COST_CALLS[name as keyof typeof COST_CALLS], boundCost(engine, entry as Cost<"sweepCost">)]]
      : [];
  });
  return Object.fromEntries([...calls, ...costs]) as Pick<EngineApi, Names | CostOf<Names>>;
}

function bound<Request, OnNews, Result>(engine: EngineParts, { slot, load }: Entry<Request, OnNews, Result>) {
  return (request: Request, runId?: RunId, onProgress?: OnNews): Promise<Result> =>
    engine.running.cancellable(runId, async (pauser) => {
      const method = await load(engine);
      const wanted = slot?.(request);
      const work = async (model: Model): Promise<Result> =>
        method({ model, open: engine.models.in(wanted), pauser, onProgress }, request);
      return engine.withModel(work, wanted);
    });
}

function boundCost<N extends "sweepCost" | "shapleyCost">(engine: EngineParts, { cost }: Cost<N>) {
  return async (request: RequestOf<N>) => {
    const costOf = await cost();
    const found = costOf(request, (slot) => engine.models.in(slot).model);
    return { ...found, ...engine.speed.cost(found.tokens) };
  };
}
