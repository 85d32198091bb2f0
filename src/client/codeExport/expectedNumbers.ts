/** Asks the engine for the numbers that a program ends by comparing with. */
import type { SweepRequest, SweepResult } from "../../protocol/analysis";
import type { TokenAttributionResult } from "../../protocol/gradients/attributions";
import type { EngineApi, ModelInfo, ModelSource } from "../../protocol/api";
import { parseModelAddress } from "../../protocol/modelAddress";
import {
  editsOf,
  type ExpectedNext,
  type ExpectedNumbers,
  type RecipeRequest,
  type RecipeModel,
} from "./recipe";

/** Next tokens of each prompt, and prompts of a capture, that are compared. */
const LISTED = 6;
const MAX_PROMPTS = 8;

type TopOf = { readonly top: { readonly ids: Uint32Array; readonly logProbs: Float32Array } } | undefined;

const numbersOf = (prediction: TopOf): ReadonlyMap<number, number> =>
  new Map(
    Array.from(
      prediction?.top.ids ?? [],
      (id, i) => [id, prediction?.top.logProbs[i] ?? NaN] as const,
    ).filter(([, logProb]) => Number.isFinite(logProb)),
  );

/** The metric of every cell in the order in which the program lists them: by request; sublayers column by column. */
export function cellsInOrder(
  requests: readonly SweepRequest[],
  results: readonly Pick<SweepResult, "values" | "rowLabels" | "colLabels">[],
): number[] {
  return results.flatMap(({ values, rowLabels, colLabels }, i) => {
    if (requests[i]?.axes.kind !== "layerSublayer") return [...values];
    const columns = colLabels.length;
    return colLabels.flatMap((_, col) => rowLabels.map((_row, row) => values[row * columns + col] ?? NaN));
  });
}

/** After which position of a prompt of so many tokens next tokens are compared. */
function positionOf(ask: RecipeRequest, length: number): number {
  switch (ask.kind) {
    case "edits":
      return ask.position;
    case "capture":
      return length - 1;
    case "sweep":
    case "firstOrder":
      return ask.requests[0]?.position ?? 0;
    case "tokenScores":
      return Math.max(0, ...ask.request.scalar.map(({ position }) => position));
  }
}

/** What was finished on screen for this ask: cells of a sweep, exact or to first order; scores by token. */
export interface Finished {
  readonly results?: readonly SweepResult[] | undefined;
  readonly scores?: TokenAttributionResult | undefined;
}

export async function askExpected(
  engine: Pick<EngineApi, "compare">,
  ask: RecipeRequest,
  { results, scores }: Finished = {},
): Promise<ExpectedNumbers> {
  const next: ExpectedNext[] = [];
  for (const [i, prompt] of editsOf(ask).slice(0, MAX_PROMPTS).entries()) {
    const { tokens, edits = [] } = prompt;
    const position = positionOf(ask, tokens.length);
    const pairs = [[position, position]] as const;
    const found = await engine.compare(
      { base: { tokens }, other: prompt, pairs, k: LISTED, targets: [] },
      `recipe ${i}`,
    );
    next.push({
      prompt: i,
      position,
      base: numbersOf(found.base[0]),
      edited: edits.some(({ on }) => on) ? numbersOf(found.other[0]) : new Map(),
    });
  }
  if (ask.kind === "tokenScores") return { next, ...(scores && { tokens: scores }) };
  const [first] = results ?? [];
  if ((ask.kind !== "sweep" && ask.kind !== "firstOrder") || !first || !results) return { next };
  return { next, sweep: { base: first.base, cells: cellsInOrder(ask.requests, results) } };
}

/** The model with the place on the Hub that it was fetched from, if it was. */
export function recipeModel(model: ModelInfo, source: ModelSource | undefined): RecipeModel {
  if (source?.kind !== "hub") return model;
  const address = parseModelAddress(source.address, source.hubUrl);
  return address.kind === "repository"
    ? { ...model, hub: { id: address.id, revision: address.revision } }
    : model;
}
