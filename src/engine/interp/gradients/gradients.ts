/**
 * Gradients of scalars by activations at any list of sites, under edits:
 *
 *   1. the rows are packed into one batch; edits, asks and lists go to the device before anything is recorded
 *   2. one forward pass keeps the residual stream before each block
 *   3. the way back (backwardPass.ts), once for as many scalars as fit together: each is a row of cotangents
 *   4. one read-back: the value of every scalar, its gradient at every site, and alarms
 */
import { VitrineError } from "../../../protocol/errors";
import type { GradientRequest, GradientResult } from "../../../protocol/gradients";
import type { Site } from "../../../protocol/sites";
import type { Tensor } from "../../device/tensor";
import { saeOf, siteNamed, type Model } from "../../models/model";
import { runBlocks } from "../../models/runBlocks";
import { siteColumns } from "../../models/siteShape";
import { KeyValueCache } from "../../ops/keyValueCache";
import { uploadPassEdits, type PassEdits } from "../edits/passEdits";
import { RunTaps } from "../edits/runTaps";
import { checkTokens, withCanonicalSites } from "../pass/run";
import { BackwardPass, partOf, type BackwardAsks } from "./backwardPass";
import { packRows, uploadGradientBatch, type PackedRows } from "./gradientBatch";
import { uploadHeadTables } from "./headTables";
import { readGradients } from "./readGradients";
import { checkedScalars, placeScalars, type PlacedScalars } from "./scalars";
import type { Seed } from "./tapedPart";

/**
 * Most that the largest tensor of one walk back may take, a tenth or so of all that a block holds at a time: more scalars are
 * several walks, more scored tokens several heads.
 */
const MAX_TENSOR_BYTES = 1 << 26;

export async function gradients(model: Model, request: GradientRequest): Promise<GradientResult> {
  const { config, memory } = model;
  const { rows } = withCanonicalSites(model, { rows: request.rows });
  const sites = request.sites.map((site) => siteNamed(model, site));
  const isEmpty = rows.length === 0 || rows.some(({ tokens }) => tokens.length === 0);
  if (isEmpty || sites.length === 0 || request.scalars.length === 0)
    throw new VitrineError("Unsupported", "A gradient needs rows of tokens, scalars and sites.");
  checkTokens(rows, config.dVocab);
  refuseAcrossBlocks(model, rows);
  const scalars = checkedScalars(model, request);
  const count = rows.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const cache = new KeyValueCache(memory, config.nLayers, count, config.nKvHeads * config.dHead);
  const walks: BackwardPass[] = [];
  try {
    const packed = packRows(model, cache, rows);
    const placed = await placeScalars(model, packed, rows, scalars);
    const frozen = new Set(request.frozen);
    const atOnce = scalarsAtOnce(model, packed);
    memory.scope(() => {
      const plan = uploadPlan(model, cache, packed, placed, { count: scalars.length, atOnce });
      const pass = forward(model, plan);
      for (const chunk of plan.chunks) {
        const walk = new BackwardPass(model, pass, { ...chunk, wanted: new Set(sites), frozen });
        walks.push(walk);
        walk.record();
      }
    });
    const sizes = { scalars: scalars.length, atOnce };
    const { values, gradients, alarms } = await readGradients(model, packed, placed, walks, sites, sizes);
    return { values, gradients, alarms, frozen: [...frozen] };
  } finally {
    for (const walk of walks) walk.release();
    cache.release();
  }
}

/** A block that runs again sees only what passed in it. */
function refuseAcrossBlocks(model: Model, rows: GradientRequest["rows"]): void {
  for (const change of rows.flatMap(({ interventions = [] }) => interventions)) {
    if (change.kind !== "latents") continue;
    const { siteIn, siteOut } = saeOf(model, change.sae);
    if (siteIn === siteOut || partOf(model.config, siteIn) === partOf(model.config, siteOut)) continue;
    throw new VitrineError(
      "Unsupported",
      `Gradients do not pass changes of latents of an autoencoder that reads ${siteIn} and writes ${siteOut}, in another block.`,
    );
  }
}

type Plan = Omit<ReturnType<typeof uploadPlan>, "chunks">;

/** The blocks but the last that is needed, with the residual stream before each kept. Those above all that is read are left out. */
function forward({ architecture, config, weights, memory }: Model, { batch, edits, stop }: Plan) {
  const inputs: Tensor[] = [];
  if (stop === 0) return { batch, edits, inputs };
  const taps = new RunTaps(new Set(), memory, edits.blocks);
  const onInput = (layer: number, residual: Tensor) => void (inputs[layer] = residual);
  const range = { stop: stop - 1, onInput };
  inputs[stop - 1] = runBlocks(architecture, { config, weights, memory, taps }, batch, range);
  taps.releaseInputs();
  return { batch, edits, inputs };
}

/** How many scalars go back together. */
function scalarsAtOnce({ config, memory }: Model, { packed }: Pick<PackedRows, "packed">): number {
  const { dModel, dMlp, nHeads, dHead } = config;
  const maxKeys = Math.max(...[...packed.spans.values()].map((spans) => spans.maxKeys));
  // A fused projection of queries, keys and values may be one tensor.
  const widest = Math.max(dModel, dMlp, 3 * nHeads * dHead, nHeads * maxKeys);
  const bytes = Math.min(MAX_TENSOR_BYTES, memory.device.limits.maxBufferBytes);
  return Math.max(1, Math.floor(bytes / (4 * packed.count * widest)));
}

/** Sends everything that the passes need. */
function uploadPlan(
  model: Model,
  cache: KeyValueCache,
  rows: PackedRows,
  { logits, seeds }: PlacedScalars,
  { count, atOnce }: { readonly count: number; readonly atOnce: number },
) {
  const { config } = model;
  const { packed, segments, contexts } = rows;
  const batch = uploadGradientBatch(model, cache, packed, Math.min(count, atOnce));
  const edits = uploadPassEdits(model, segments, packed, contexts);
  const headSeeds = seeds.filter(({ site }) => partOf(config, site) === config.nLayers);
  const firsts = Array.from({ length: Math.ceil(count / atOnce) }, (_, i) => i * atOnce);
  const chunks = firsts.map((first) => {
    const scalars = Math.min(atOnce, count - first);
    const isOwn = ({ scalar }: { scalar: number }) => scalar >= first && scalar < first + scalars;
    return uploadChunk(model, packed.count, edits, first, scalars, {
      logits: logits.filter(isOwn),
      seeds: seeds.filter(isOwn),
    });
  });
  // Blocks above everything that is read need not run.
  const tops = seeds.map(({ site }) => partOf(config, site) + 1);
  const stop = logits.length + headSeeds.length > 0 ? config.nLayers : Math.max(0, ...tops);
  return { batch, edits, chunks, stop: Math.min(stop, config.nLayers) };
}

function uploadChunk(
  model: Model,
  count: number,
  edits: PassEdits,
  first: number,
  scalars: number,
  { logits, seeds }: PlacedScalars,
): Pick<BackwardAsks, "head" | "seeds"> {
  const { config, memory } = model;
  const cols = config.dVocabOut ?? config.dVocab;
  const headSeeds = seeds.filter(({ site }) => partOf(config, site) === config.nLayers);
  const scored = [...new Set([...logits, ...headSeeds].map(({ token }) => token))].sort((a, b) => a - b);
  const bytes = Math.min(MAX_TENSOR_BYTES, memory.device.limits.maxBufferBytes);
  const rowsAtOnce = Math.max(1, Math.floor(bytes / (4 * cols * scalars)));
  const head = Array.from({ length: Math.ceil(scored.length / rowsAtOnce) }, (_, i) => {
    const tokens = scored.slice(i * rowsAtOnce, (i + 1) * rowsAtOnce);
    const own = logits.filter(({ token }) => tokens.includes(token));
    return uploadHeadTables(memory, { count, scalars, cols }, tokens, own, first, edits.head(tokens));
  });
  const blockSeeds = seeds.filter((seed) => !headSeeds.includes(seed));
  return {
    head,
    seeds: [
      ...uploadSeeds(model, blockSeeds, first, scalars, count, undefined),
      ...head.flatMap(({ tokens }) =>
        uploadSeeds(
          model,
          headSeeds.filter(({ token }) => tokens.includes(token)),
          first,
          scalars,
          count,
          tokens,
        ),
      ),
    ],
  };
}

/** Terms at sites as cotangents of those sites, one tensor a site. */
function uploadSeeds(
  { config, memory }: Model,
  seeds: PlacedScalars["seeds"],
  first: number,
  scalars: number,
  count: number,
  tokens: readonly number[] | undefined,
): Seed[] {
  const rows = tokens?.length ?? count;
  return [...new Set(seeds.map(({ site }) => site))].map((site: Site) => {
    const { heads, width } = siteColumns(config, site);
    const total = heads * (width as number);
    const all = new Float32Array(scalars * rows * total);
    for (const { scalar, token, values, site: own } of seeds) {
      if (own !== site) continue;
      const row = tokens ? tokens.indexOf(token) : token;
      const at = ((scalar - first) * rows + row) * total;
      for (const [c, value] of values.entries()) all[at + c] = (all[at + c] ?? 0) + value;
    }
    return { site, cotangent: memory.from(all, [scalars * rows, total], `cotangent of ${site}`), tokens };
  });
}
