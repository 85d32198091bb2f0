/**
 * What two runs of one chain, with a step and without it, hold inside: attention from the answer by part of the text, the
 * logit lens, codes of an autoencoder. All of it by the engine's own methods; patterns of long texts are read a few
 * layers at a time.
 */
import type { LensResult, TensorRef } from "../../../protocol/analysis";
import type { EngineApi, ModelInfo } from "../../../protocol/api";
import type { RunId } from "../../../protocol/progress";
import type { ChainTokens } from "../../../protocol/chain";
import type { DecodeResult, SaeInfo } from "../../../protocol/sae/features";
import { blockSite } from "../../../protocol/sites";
import { answerPositions, type AblatedRow, type Span } from "../../../client/chain/ablatedRow";

/** The same chain with a step and without it; all else alike. */
export interface Pair<T> {
  readonly with: T;
  readonly without: T;
}

export async function mapPair<T, U>(pair: Pair<T>, ask: (one: T) => Promise<U>): Promise<Pair<U>> {
  return { with: await ask(pair.with), without: await ask(pair.without) };
}

/** Attention weights from the answer position, summed over the keys of each part: [layer, head, part]. */
export interface PartAttention {
  readonly nLayers: number;
  readonly nHeads: number;
  readonly parts: number;
  readonly values: Float32Array;
}

/** What patterns of one capture may take. */
const CAPTURE_BYTES = 64 * 2 ** 20;

/** Layers that are captured together: as many as the budget takes, at least one. */
export function layerGroups(nLayers: number, bytesPerLayer: number, budget: number): number[][] {
  const size = Math.max(1, Math.floor(budget / bytesPerLayer));
  const groups = Math.ceil(nLayers / size);
  return Array.from({ length: groups }, (_, group) =>
    Array.from({ length: Math.min(size, nLayers - group * size) }, (__, i) => group * size + i),
  );
}

/** Weights [head, key] as sums over spans: [head, span]. */
export function sumSpans(weights: Float32Array, nHeads: number, spans: readonly Span[]): Float32Array {
  const keys = weights.length / nHeads;
  const sums = Array.from({ length: nHeads }, (_, head) =>
    spans.map(({ first, end }) =>
      weights.subarray(head * keys + first, head * keys + end).reduce((sum, weight) => sum + weight, 0),
    ),
  );
  return Float32Array.from(sums.flat());
}

/** What one query of every head looks at: [head, key]. */
async function readQuery(engine: EngineApi, { id, shape }: TensorRef, query: number): Promise<Float32Array> {
  const [nHeads = 0, , keys = 0] = shape;
  const cols = [query * keys, (query + 1) * keys] as const;
  const { data } = await engine.readTensor({
    ...{ id, leading: [], rows: [0, nHeads], cols, maxRows: nHeads, maxCols: keys },
  });
  return data;
}

export async function readAttention(
  engine: EngineApi,
  { nLayers, nHeads }: Pick<ModelInfo, "nLayers" | "nHeads">,
  chains: Pair<AblatedRow>,
  runId: RunId,
  budget = CAPTURE_BYTES,
): Promise<Pair<PartAttention>> {
  const both = [chains.with, chains.without];
  const prompts = both.map(({ prompt }) => prompt);
  const bytes = prompts.reduce((sum, { tokens }) => sum + 4 * nHeads * tokens.length ** 2, 0);
  const found: Float32Array[][] = [[], []];
  for (const layers of layerGroups(nLayers, bytes, budget)) {
    const sites = layers.map((layer) => blockSite(layer, "attn.pattern"));
    const refs = await engine.capture({ prompts, sites }, runId);
    try {
      for (const [run, chain] of both.entries()) {
        for (const layer of layers) {
          const site = blockSite(layer, "attn.pattern");
          const ref = refs.find((one) => one.prompt === run && one.site === site);
          if (!ref) throw new Error("The engine captured no attention pattern.");
          const weights = await readQuery(engine, ref, chain.answerAt);
          found[run]?.push(sumSpans(weights, nHeads, chain.spans));
        }
      }
    } finally {
      await engine.releaseTensors(refs.map(({ id }) => id));
    }
  }
  const whole = (run: 0 | 1, { spans }: AblatedRow): PartAttention => ({
    ...{ nLayers, nHeads, parts: spans.length },
    values: Float32Array.from((found[run] ?? []).flatMap((layer) => [...layer])),
  });
  return { with: whole(0, chains.with), without: whole(1, chains.without) };
}

/** Tokens of a cell. */
const LISTED = 3;
/** Columns of the lens over a step: its last tokens. */
export const MOST_COLUMNS = 48;

/** Positions of a step that the lens shows. */
export function lensPositions({ first, end }: Span): number[] {
  const from = Math.max(first, end - MOST_COLUMNS);
  return Array.from({ length: end - from }, (_, i) => from + i);
}

export interface StepLens {
  /** Of the step's tokens, in the run that has it. */
  readonly step: LensResult;
  /** At the positions that predict the answer's tokens, whose targets are the answer's tokens in order. */
  readonly answer: Pair<LensResult>;
}

export async function readLens(
  engine: EngineApi,
  chain: ChainTokens,
  chains: Pair<AblatedRow>,
  step: Span,
  runId: RunId,
): Promise<StepLens> {
  const { prompt } = chains.with;
  const targets = [...new Set(chain.answer)];
  const answer = await mapPair(chains, (one) =>
    engine.logitLens(
      { prompt: one.prompt, positions: answerPositions(one, chain), targets, k: LISTED },
      runId,
    ),
  );
  return {
    step: await engine.logitLens(
      { prompt, positions: lensPositions(step), targets: chain.answer.slice(0, 1), k: LISTED },
      runId,
    ),
    // One target to a position: the token that comes after it.
    answer: await mapPair(answer, async (one) => followed(one, chain.answer, targets)),
  };
}

/** Of each cell only the target that its own position predicts. */
export function followed(
  lens: LensResult,
  answer: readonly number[],
  targets: readonly number[],
): LensResult {
  const cells = lens.cells.map((row) =>
    row.map((cell, i) => ({
      ...cell,
      targets: [cell.targets[targets.indexOf(answer[i] ?? -1)] ?? { logProb: NaN, rank: NaN }],
    })),
  );
  return { ...lens, cells };
}

/** Latents listed for a position; a TopK code is listed whole. */
const LISTED_LATENTS = 64;
const MOST_LATENTS = 512;

export function readCodes(
  engine: EngineApi,
  sae: SaeInfo,
  chains: Pair<AblatedRow>,
  runId: RunId,
): Promise<Pair<DecodeResult>> {
  const listed = Math.min(MOST_LATENTS, sae.nLatents, Math.max(LISTED_LATENTS, sae.k ?? 0));
  return mapPair(chains, ({ prompt }) => engine.saeDecode({ sae: sae.id, prompt, listed }, runId));
}
