/** The k largest of each row with their columns: the activation of a TopK autoencoder (Gao et al. 2024, arXiv 2406.04093). */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { topKSelectReference } from "./topKSelect.ref";
import wgsl from "./topKSelect.wgsl?raw";

export const topKSelect = defineKernel({
  name: "topKSelect",
  wgsl,
  reads: { x: "f32", sourceIds: "u32" },
  writes: { ids: "u32", values: "f32" },
  params: {
    ...{ rows: "u32", cols: "u32", k: "u32", segments: "u32" },
    ...{ positiveOnly: "u32", hasIds: "u32", outStride: "u32", outOffset: "u32" },
  },
  grid: ({ rows, segments }) => flatGrid(rows * segments),
  reference: topKSelectReference,
  simd: {
    name: "topKSelect",
    args: (at, p, scratch) => [
      ...[at.x, p.hasIds ? at.sourceIds : 0, at.ids, at.values, p.rows, p.cols, p.k, p.segments],
      ...[p.positiveOnly, p.outStride, p.outOffset, scratch(p.k * 8)],
    ],
  },
});
