/**
 * Reads the attention of one layer from the engine, one head at a time: a head of 2,000 tokens is 16 MB, a layer of
 * them would be hundreds.
 */
import type { TensorRef } from "../../../protocol/analysis";
import type { EngineApi, ModelInfo } from "../../../protocol/api";
import type { EditedPrompt } from "../../../protocol/interventions";
import { blockSite, type Site } from "../../../protocol/sites";
import type { Side } from "../../../client/sides";
import { addTo, kvHeadOf, minus, valueNorms, visible, weighted } from "./maps";
import type { Measure } from "./settings";

/** What one run left of a layer. */
interface RunTensors {
  readonly pattern: TensorRef;
  readonly scores?: TensorRef;
  readonly norms?: readonly Float32Array[];
}

/** A layer's attention under edits and, where there are any, without. The engine holds it until it is released. */
export interface LayerTensors {
  readonly prompt: EditedPrompt;
  readonly layer: number;
  readonly measure: Measure;
  readonly refs: readonly TensorRef[];
  readonly now: RunTensors;
  readonly baseline?: RunTensors;
}

export const attentionSites = (layer: number, measure: Measure): Site[] => [
  blockSite(layer, "attn.pattern"),
  ...(measure === "scores" ? [blockSite(layer, "attn.scores")] : []),
  ...(measure === "valueWeighted" ? [blockSite(layer, "attn.v")] : []),
];

export const bothRuns = ({ tokens, edits = [] }: EditedPrompt): EditedPrompt[] =>
  edits.length > 0 ? [{ tokens, edits }, { tokens }] : [{ tokens }];

export async function captureLayer(
  engine: EngineApi,
  prompt: EditedPrompt,
  layer: number,
  measure: Measure,
  runId: string,
): Promise<LayerTensors> {
  const sites = attentionSites(layer, measure);
  const refs = await engine.capture({ prompts: bothRuns(prompt), sites }, runId);
  const tensorsOf = async (run: number): Promise<RunTensors | undefined> => {
    const find = (name: "attn.pattern" | "attn.scores" | "attn.v") =>
      refs.find((ref) => ref.prompt === run && ref.site === blockSite(layer, name));
    const [pattern, scores, v] = [find("attn.pattern"), find("attn.scores"), find("attn.v")];
    if (!pattern) return undefined;
    return {
      pattern,
      ...(scores && { scores }),
      ...(v && { norms: valueNorms(await readWhole(engine, v), v.shape) }),
    };
  };
  const [now, baseline] = [await tensorsOf(0), await tensorsOf(1)];
  if (!now) throw new Error("The engine captured no attention pattern.");
  return { prompt, layer, measure, refs, now, ...(baseline && { baseline }) };
}

export const releaseLayer = (engine: EngineApi, { refs }: LayerTensors) =>
  engine.releaseTensors(refs.map(({ id }) => id));

/** All of [pos, head, dHead], flat. */
async function readWhole(engine: EngineApi, { id, shape }: TensorRef): Promise<Float32Array> {
  const [rows = 0, heads = 0, width = 0] = shape;
  const cols = heads * width;
  const window = { id, leading: [], rows: [0, rows], cols: [0, cols], maxRows: rows, maxCols: cols } as const;
  return (await engine.readTensor(window)).data;
}

async function readHead(engine: EngineApi, { id, shape }: TensorRef, head: number): Promise<Float32Array> {
  const n = shape[1] ?? 0;
  const all = [0, n] as const;
  const { data } = await engine.readTensor({
    ...{ id, leading: [head], rows: all, cols: all, maxRows: n, maxCols: n },
  });
  return visible(data, n);
}

/** The weights of one head, [n, n]. */
export const readPattern = (engine: EngineApi, run: RunTensors, head: number) =>
  readHead(engine, run.pattern, head);

/** What is drawn of one head, [n, n], given its weights. */
async function measured(
  engine: EngineApi,
  run: RunTensors,
  pattern: Float32Array,
  head: number,
  { nHeads, nKvHeads }: Pick<ModelInfo, "nHeads" | "nKvHeads">,
): Promise<Float32Array> {
  if (run.scores) return readHead(engine, run.scores, head);
  const norms = run.norms?.[kvHeadOf(head, nHeads, nKvHeads)];
  return norms ? weighted(pattern, norms) : pattern;
}

export interface HeadMaps {
  /** Weights, for the numbers of a head. */
  readonly patterns: { readonly now: Float32Array; readonly baseline?: Float32Array };
  /** What is drawn. */
  readonly map: Float32Array;
}

/** A head on one side: as it is now, without edits, or the difference. */
export async function readMap(
  engine: EngineApi,
  tensors: LayerTensors,
  head: number,
  side: Side,
  model: ModelInfo,
): Promise<HeadMaps> {
  const { now, baseline } = tensors;
  const patterns = {
    now: await readPattern(engine, now, head),
    ...(baseline && { baseline: await readPattern(engine, baseline, head) }),
  };
  const of = (run: RunTensors, pattern: Float32Array) => measured(engine, run, pattern, head, model);
  if (!baseline || !patterns.baseline || side === "now")
    return { patterns, map: await of(now, patterns.now) };
  const before = await of(baseline, patterns.baseline);
  if (side === "baseline") return { patterns, map: before };
  return { patterns, map: minus(await of(now, patterns.now), before) };
}

/** The mean of a layer's heads. */
export async function readMean(
  engine: EngineApi,
  tensors: LayerTensors,
  side: Side,
  model: ModelInfo,
): Promise<Float32Array> {
  let sum: Float32Array | undefined;
  for (let head = 0; head < model.nHeads; head++) {
    sum = addTo(sum, (await readMap(engine, tensors, head, side, model)).map, 1 / model.nHeads);
  }
  return sum ?? new Float32Array();
}
