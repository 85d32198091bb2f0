/** Cases of `attentionKeysBackward`: tokens that many, few or no queries see, grouped heads, a fused QKV, several scalars. */
import { stale } from "../attention/raggedProblem";
import { kernelCases, noise, type KernelCase } from "../case";
import { attentionKeysBackward } from "./attentionKeysBackward";

interface Size {
  /** How many queries see each token. */
  readonly seen: readonly number[];
  readonly heads: number;
  readonly kvHeads: number;
  readonly dHead: number;
  readonly stride: number;
  readonly scalars?: number;
  /** Which of the two has rows of its own for each scalar. */
  readonly perScalar?: "c" | "x";
  readonly padding?: number;
  readonly seed: number;
}

function caseOf(label: string, size: Size): KernelCase {
  const { seen, heads, kvHeads, dHead, stride, scalars = 1, perScalar = "c", padding = 0, seed } = size;
  const own = seen.length;
  const rows = scalars * own;
  const [cRows, xRows] = perScalar === "c" ? [rows, own] : [own, rows];
  const xStride = heads * dHead + padding;
  const pairs = seen.flatMap((count, token) =>
    Array.from({ length: count }, (_, n) => [(token + n) % own, (token * 7 + n * 3 + seed) % stride]),
  );
  let first = 0;
  return {
    label,
    params: {
      ...{ rows, own, heads, kvHeads, dHead, stride, cRows, xRows, xStride },
      ...{ xOffset: padding > 0 ? 3 : 0, factor: 0.7 },
    },
    buffers: {
      coefficients: noise(cRows * heads * stride, seed),
      x: noise(xRows * xStride + 3, seed + 1, 2),
      // A binding is never empty.
      seenBy: Uint32Array.from(pairs.length > 0 ? pairs.flat() : [0, 0]),
      firsts: Uint32Array.from([0, ...seen.map((count) => (first += count))]),
      dKeys: stale(rows * kvHeads * dHead),
    },
    tolerance: 2e-5,
  };
}

export default kernelCases(attentionKeysBackward, [
  caseOf("one token that sees itself", { seen: [1], heads: 1, kvHeads: 1, dHead: 1, stride: 1, seed: 1 }),
  caseOf("seen by none", { seen: [0, 0], heads: 2, kvHeads: 2, dHead: 4, stride: 3, seed: 2 }),
  caseOf("fewer and fewer queries", {
    ...{ seen: [9, 8, 7, 6, 5, 4, 3, 2, 1], heads: 3, kvHeads: 3, dHead: 8, stride: 9, seed: 3 },
  }),
  caseOf("grouped heads, 7 over 3, three scalars", {
    ...{ seen: [5, 0, 2], heads: 7, kvHeads: 3, dHead: 12, stride: 11, scalars: 3, seed: 4 },
  }),
  caseOf("cotangents of z, one key for all heads", {
    ...{ seen: [4, 70, 1], heads: 4, kvHeads: 1, dHead: 67, stride: 70, scalars: 2, perScalar: "x", seed: 5 },
  }),
  caseOf("queries inside a fused QKV", {
    ...{ seen: [6, 30, 11, 1], heads: 4, kvHeads: 2, dHead: 10, stride: 33, padding: 40, seed: 6 },
  }),
]);
