/** What active latents add up to, decoder in f32. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { sparseDecodeReference } from "./sparseDecode.ref";
import wgsl from "./sparseDecode.wgsl?raw";

export const sparseDecode = defineKernel({
  name: "sparseDecode",
  wgsl,
  reads: { ids: "u32", values: "f32", w: "f32", start: "f32" },
  writes: { y: "f32" },
  params: {
    ...{ rows: "u32", cols: "u32", width: "u32", used: "u32" },
    ...{ firstRow: "u32", tableRows: "u32", startStride: "u32" },
  },
  grid: ({ rows, cols }) => flatGrid(rows * Math.ceil(cols / 64)),
  reference: sparseDecodeReference,
  simd: {
    name: "sparseDecode",
    args: (at, p) => [
      ...[at.ids, at.values, at.w, at.start, at.y, p.rows, p.cols],
      ...[p.width, p.used, p.firstRow, p.tableRows, p.startStride],
    ],
  },
});
