/** What one walk back is asked, on the device: how many scalars it takes, the tables of its head, the terms at its sites. */
import type { Site } from "../../../protocol/sites";
import type { Model } from "../../models/model";
import { vocabOut } from "../../models/sizes";
import { siteColumns } from "../../models/siteShape";
import type { PassEdits } from "../edits/passEdits";
import type { BackwardAsks } from "./backwardPass";
import type { PackedRows } from "./gradientBatch";
import { uploadHeadTables } from "./headTables";
import { partOf } from "./partOf";
import type { PlacedScalars } from "./scalars";
import type { Seed } from "./tapedPart";

/**
 * Most that the largest tensor of one walk back may take, a tenth or so of all that a block holds at a time: more scalars are
 * several walks, more scored tokens several heads.
 */
const MAX_TENSOR_BYTES = 1 << 26;

/** How many scalars go back together. */
export function scalarsAtOnce({ config, memory }: Model, { packed }: Pick<PackedRows, "packed">): number {
  const { dModel, dMlp, nHeads, dHead } = config;
  const maxKeys = Math.max(...[...packed.spans.values()].map((spans) => spans.maxKeys));
  // A fused projection of queries, keys and values may be one tensor.
  const widest = Math.max(dModel, dMlp, 3 * nHeads * dHead, nHeads * maxKeys);
  const bytes = Math.min(MAX_TENSOR_BYTES, memory.device.limits.maxBufferBytes);
  return Math.max(1, Math.floor(bytes / (4 * packed.count * widest)));
}

interface Chunk {
  /** Scalars from this one on. */
  readonly first: number;
  readonly scalars: number;
}

/** Sends what a walk needs for its own terms. */
export function uploadWalk(
  model: Model,
  { packed: { count } }: PackedRows,
  edits: PassEdits,
  { logits, seeds }: PlacedScalars,
  chunk: Chunk,
): Pick<BackwardAsks, "head" | "seeds"> {
  const { config, memory } = model;
  const { first, scalars } = chunk;
  const cols = vocabOut(config);
  const isHead = ({ site }: { site: Site }) => partOf(config, site) === config.nLayers;
  const headSeeds = seeds.filter(isHead);
  const scored = [...new Set([...logits, ...headSeeds].map(({ token }) => token))].sort((a, b) => a - b);
  const bytes = Math.min(MAX_TENSOR_BYTES, memory.device.limits.maxBufferBytes);
  const rowsAtOnce = Math.max(1, Math.floor(bytes / (4 * cols * scalars)));
  const head = Array.from({ length: Math.ceil(scored.length / rowsAtOnce) }, (_, i) => {
    const tokens = scored.slice(i * rowsAtOnce, (i + 1) * rowsAtOnce);
    const own = logits.filter(({ token }) => tokens.includes(token));
    return uploadHeadTables(memory, { count, scalars, cols }, tokens, own, first, edits.head(tokens));
  });
  const blockSeeds = seeds.filter((seed) => !isHead(seed));
  const ofHead = head.flatMap(({ tokens }) => {
    const own = headSeeds.filter(({ token }) => tokens.includes(token));
    return uploadSeeds(model, own, chunk, count, tokens);
  });
  return { head, seeds: [...uploadSeeds(model, blockSeeds, chunk, count, undefined), ...ofHead] };
}

/** Terms at sites as cotangents of those sites, one tensor a site. */
function uploadSeeds(
  { config, memory }: Model,
  seeds: PlacedScalars["seeds"],
  { first, scalars }: Chunk,
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
