/**
 * Runs a RunRequest: the rows of one depth (rows without a parent first, then their children, …) form one forward
 * pass each, so that a shared prefix is computed once; everything asked for comes back in one read.
 */
import { refuse } from "../../../protocol/errors";
import type {
  Capture,
  RunResult,
  RunRow,
  RunRequest,
  ScoreRequest,
  TopRequest,
  TopTokens,
} from "../../../protocol/run";
import type { Intervention } from "../../../protocol/interventions";
import { isBelow } from "../../models/checks";
import { siteNamed, type Model } from "../../models/model";
import { makeCache, vocabOut } from "../../models/sizes";
import { MAX_TOP_K } from "../../ops/score";
import { readCaptures } from "./captures";
import { readForwards, recordForward, type ForwardResult, type PendingForward } from "./forwardPass";
import type { Place } from "./readers";
import { EMPTY_CONTEXT, hide, type RowContext, type Segment } from "../batch/rowContext";

/** Where a row ended up: which pass, and which segment of it. */
interface RowPlace {
  readonly pass: number;
  readonly segment: number;
  /** Position of the row's first own token. */
  readonly start: number;
}

/** Rows by depth: all rows of `depths[d]` have their parents in `depths[d - 1]`. */
function rowsByDepth(rows: readonly RunRow[]): number[][] {
  const depthOf: number[] = [];
  const depths: number[][] = [];
  for (const [index, { parent, tokens }] of rows.entries()) {
    if (tokens.length === 0) refuse(`row ${index} has no tokens; give every row at least one`);
    if (parent !== undefined && !(Number.isInteger(parent) && parent >= 0 && parent < index)) {
      refuse(`row ${index} names row ${parent} as its parent; a parent must be an earlier row`);
    }
    const depth = parent === undefined ? 0 : (depthOf[parent] ?? 0) + 1;
    depthOf.push(depth);
    (depths[depth] ??= []).push(index);
  }
  return depths;
}

/** Refuses ids that the model does not know. */
function checkTokens(rows: readonly Pick<RunRow, "tokens">[], dVocab: number): void {
  for (const [index, { tokens }] of rows.entries()) {
    const bad = tokens.find((token) => !isBelow(token, dVocab));
    if (bad !== undefined)
      refuse(`row ${index} has token id ${bad}; this model knows ids 0 to ${dVocab - 1}`);
  }
}

function segmentOf(row: RunRow, index: number, parent: RowContext): Segment {
  const start = row.startPosition ?? parent.nextPosition;
  if (start < parent.nextPosition) {
    refuse(
      `row ${index} starts at position ${start}; its context already spans ${parent.nextPosition} positions`,
    );
  }
  const hidden = new Set(row.hiddenPositions ?? []);
  return {
    context: { ...hide(parent, hidden), nextPosition: start },
    tokens: row.tokens,
    hidden,
    ...(row.interventions ? { interventions: row.interventions } : {}),
  };
}

/** The same run with every site in its canonical spelling; refused where the model has no such site. */
export function withCanonicalSites(model: Model, spec: RunRequest): RunRequest {
  const canonical = (intervention: Intervention): Intervention =>
    intervention.kind === "affine"
      ? { ...intervention, site: siteNamed(model, intervention.site) }
      : intervention;
  return {
    ...spec,
    rows: spec.rows.map((row) =>
      row.interventions ? { ...row, interventions: row.interventions.map(canonical) } : row,
    ),
    capture: (spec.capture ?? []).map((site) => siteNamed(model, site)),
  };
}

export async function run(model: Model, spec: RunRequest): Promise<RunResult> {
  const { config } = model;
  const { rows } = spec;
  checkTokens(rows, config.dVocab);
  const evaluatedTokens = rows.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const k = Math.min(Math.max(1, ...(spec.top ?? []).map((ask) => ask.k)), MAX_TOP_K, vocabOut(config));
  const capture = new Set(spec.capture ?? []);

  const cache = makeCache(model, evaluatedTokens);
  // Prefixes of long texts are read as such.
  if (config.shortContext !== undefined && areLong(rows, config.shortContext)) cache.isLong = true;
  const contexts: RowContext[] = [];
  const hiddenOf: ReadonlySet<number>[] = [];
  const places: RowPlace[] = [];
  const pending: PendingForward[] = [];
  const scoresOf: ScoreRequest[][] = [];
  const topsOf: TopRequest[][] = [];
  try {
    for (const [pass, indices] of rowsByDepth(rows).entries()) {
      const segments = indices.map((index) => {
        const row = rows[index] ?? refuse(`row ${index} is missing`);
        const inherited = row.parent === undefined ? undefined : hiddenOf[row.parent];
        hiddenOf[index] = new Set([...(inherited ?? []), ...(row.hiddenPositions ?? [])]);
        const parent = row.parent === undefined ? EMPTY_CONTEXT : (contexts[row.parent] ?? EMPTY_CONTEXT);
        const segment = segmentOf({ ...row, hiddenPositions: [...hiddenOf[index]] }, index, parent);
        places[index] = {
          pass,
          segment: places.filter((p) => p?.pass === pass).length,
          start: segment.context.nextPosition,
        };
        return segment;
      });
      const inPass = (ask: { row: number }) => places[ask.row]?.pass === pass;
      const scores = (spec.score ?? []).filter(inPass);
      const tops = (spec.top ?? []).filter(inPass);
      scoresOf.push(scores);
      topsOf.push(tops);
      const place = (ask: { row: number; position: number }) => placeOf(ask, places, rows);
      const submitted = recordForward(model, cache, segments, {
        score: scores.map((ask) => ({
          ...place(ask),
          target: checkTarget(ask.target, vocabOut(config)),
        })),
        top: { places: tops.map(place), k },
        capture,
      });
      pending.push(submitted);
      indices.forEach((index, segment) => (contexts[index] = submitted.contexts[segment] ?? EMPTY_CONTEXT));
    }
    const results = await readForwards(model, pending);
    return {
      scores: inAskedOrder(spec.score ?? [], scoresOf, results),
      top: topsInAskedOrder(spec.top ?? [], topsOf, results),
      captures: capture.size > 0 ? capturesOfRows(model, spec, places, pending, results, contexts) : [],
      evaluatedTokens,
    };
  } finally {
    cache.release();
  }
}

/** Every text that the rows make, each the end of its own chain of parents, has more than `shortContext` positions. */
function areLong(rows: readonly RunRow[], shortContext: number): boolean {
  const ends: number[] = [];
  const parents = new Set<number>();
  for (const { parent, tokens, startPosition } of rows) {
    const before = parent === undefined ? 0 : (ends[parent] ?? 0);
    ends.push((startPosition ?? before) + tokens.length);
    if (parent !== undefined) parents.add(parent);
  }
  return ends.every((end, row) => parents.has(row) || end > shortContext);
}

function placeOf(
  ask: { row: number; position: number },
  places: readonly RowPlace[],
  rows: readonly RunRow[],
): Place {
  const place = places[ask.row];
  const length = rows[ask.row]?.tokens.length ?? 0;
  const index = ask.position - (place?.start ?? 0);
  if (place === undefined || !(index >= 0 && index < length)) {
    refuse(
      `position ${ask.position} was asked of row ${ask.row}, whose own tokens are at ${place?.start ?? 0} to ${(place?.start ?? 0) + length - 1}`,
    );
  }
  return { segment: place.segment, index };
}

function checkTarget(target: number, dVocab: number): number {
  return isBelow(target, dVocab)
    ? target
    : refuse(`target ${target} was asked; this model knows ids 0 to ${dVocab - 1}`);
}

function inAskedOrder(
  asked: readonly ScoreRequest[],
  byPass: readonly ScoreRequest[][],
  results: readonly ForwardResult[],
): Float32Array {
  const valueOf = new Map<ScoreRequest, number>();
  byPass.forEach((asks, pass) => asks.forEach((ask, i) => valueOf.set(ask, results[pass]?.scores[i] ?? NaN)));
  return Float32Array.from(asked, (ask) => valueOf.get(ask) ?? NaN);
}

function topsInAskedOrder(
  asked: readonly TopRequest[],
  byPass: readonly TopRequest[][],
  results: readonly ForwardResult[],
): TopTokens[] {
  const valueOf = new Map<TopRequest, TopTokens>();
  byPass.forEach((asks, pass) =>
    asks.forEach((ask, i) => {
      const top = results[pass]?.top[i];
      if (top) valueOf.set(ask, { ids: top.ids.slice(0, ask.k), logProbs: top.logProbs.slice(0, ask.k) });
    }),
  );
  return asked.map((ask) => valueOf.get(ask) ?? { ids: new Uint32Array(), logProbs: new Float32Array() });
}

function capturesOfRows(
  model: Model,
  spec: RunRequest,
  places: readonly RowPlace[],
  pending: readonly PendingForward[],
  results: readonly ForwardResult[],
  contexts: readonly RowContext[],
): Capture[] {
  return spec.rows.flatMap((_, row) => {
    const place = places[row];
    const pass = place && pending[place.pass];
    const result = place && results[place.pass];
    if (!place || !pass || !result) return [];
    const context = contexts[row] ?? EMPTY_CONTEXT;
    return readCaptures(model.config, result.captures, pass.packed, place.segment, context).map(
      (capture) => ({
        row,
        ...capture,
      }),
    );
  });
}
