/**
 * Seeded attention problems for the cases and tests of the attention kernels: queries of several rows, each
 * with its own scattered list of cache slots, some lists shared, some empty.
 */
import { noise } from "../case";

export interface ProblemSize {
  /** How many slots each query sees besides its own. */
  readonly counts: readonly number[];
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
  /** Floats between two queries beyond what the heads need, and before the first one: a fused QKV matrix. */
  readonly qPadding?: number;
  readonly qOffset?: number;
  readonly seed: number;
}

/** Read buffers of every attention kernel, and the parameters that they share. */
export function raggedProblem({
  counts,
  heads,
  kvHeads,
  dHead,
  qPadding = 0,
  qOffset = 0,
  seed,
}: ProblemSize) {
  const queries = counts.length;
  const longest = Math.max(...counts);
  const slots = longest + queries + 3;
  const qStride = heads * dHead + qPadding;
  const visible: number[] = [];
  const spans: number[] = [];
  const positions: number[] = [];
  for (const [i, count] of counts.entries()) {
    // Every query walks the cache from its own start, two slots apart where there is room, in rising order.
    const step = 2 * count + i < longest ? 2 : 1;
    // Behind it, some positions apart, lie the keys' positions: not their slots, and not one next to the other.
    const position = 3 * count + i + 1;
    spans.push(visible.length, count, (i * 7 + seed) % slots, position);
    for (let j = 0; j < count; j++) visible.push((i + j * step) % slots);
    for (let j = 0; j < count; j++) positions.push(3 * j + (j % 2));
  }
  return {
    params: {
      ...{ queries, heads, kvHeads, dHead, qStride, qOffset, scale: 1 / Math.sqrt(dHead), cap: 0 },
      ...{ maxAlibiBias: 0, positionsAt: visible.length },
    },
    q: noise(queries * qStride + qOffset, seed, 2),
    keys: noise(slots * kvHeads * dHead, seed + 1, 2),
    values: noise(slots * kvHeads * dHead, seed + 2, 2),
    visible: Uint32Array.from(visible.length > 0 ? [...visible, ...positions] : [0]),
    spans: Uint32Array.from(spans),
    stride: longest + 1,
  };
}

/** Output content from "before": a kernel that leaves an element unwritten shows it. */
export function stale(length: number): Float32Array<ArrayBuffer> {
  return new Float32Array(length).fill(777);
}

/** Heads whose number is a power of two, that is not, and one; lists of several tiles. */
export const alibiSizes: readonly (ProblemSize & { readonly label: string })[] = [
  { label: "ALiBi, 8 heads", counts: [0, 1, 9, 40], heads: 8, kvHeads: 8, dHead: 8, seed: 10 },
  { label: "ALiBi, 7 heads over one", counts: [3, 70], heads: 7, kvHeads: 1, dHead: 5, seed: 11 },
  { label: "ALiBi, several tiles", counts: [64, 300, 2], heads: 3, kvHeads: 3, dHead: 16, seed: 12 },
  { label: "ALiBi, one head", counts: [20], heads: 1, kvHeads: 1, dHead: 4, seed: 13 },
];

/** The sizes on which all four attention kernels are checked. */
export const problemSizes: readonly (ProblemSize & { readonly label: string })[] = [
  { label: "one query that sees only itself", counts: [0], heads: 1, kvHeads: 1, dHead: 1, seed: 1 },
  { label: "ragged rows", counts: [0, 1, 5, 17, 2], heads: 3, kvHeads: 3, dHead: 8, seed: 2 },
  {
    label: "63, 64 and 65 keys with the own one",
    counts: [62, 63, 64],
    heads: 2,
    kvHeads: 2,
    dHead: 16,
    seed: 3,
  },
  { label: "several tiles", counts: [200, 127, 128, 3], heads: 2, kvHeads: 1, dHead: 64, seed: 4 },
  { label: "grouped heads, 7 over 3", counts: [4, 9], heads: 7, kvHeads: 3, dHead: 12, seed: 5 },
  { label: "widest head", counts: [70, 5], heads: 2, kvHeads: 1, dHead: 256, seed: 6 },
  { label: "odd head width", counts: [70, 5], heads: 1, kvHeads: 1, dHead: 67, seed: 7 },
  {
    label: "q inside a fused QKV",
    counts: [6, 30, 11],
    heads: 4,
    kvHeads: 2,
    dHead: 10,
    qPadding: 40,
    qOffset: 7,
    seed: 8,
  },
];
