/** What active latents add up to, decoder in packed halves. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { sparseDecodeHalfReference } from "./sparseDecodeHalf.ref";
import wgsl from "./sparseDecodeHalf.wgsl?raw";

export const sparseDecodeHalf = defineKernel({
  name: "sparseDecodeHalf",
  wgsl,
  reads: { ids: "u32", values: "f32", w: "u32", start: "f32" },
  writes: { y: "f32" },
  params: {
    ...{ rows: "u32", cols: "u32", width: "u32", used: "u32" },
    ...{ firstRow: "u32", tableRows: "u32", startStride: "u32" },
  },
  grid: ({ rows, cols }) => flatGrid(rows * Math.ceil(cols / 128)),
  reference: sparseDecodeHalfReference,
  simd: {
    name: "sparseDecodeHalf",
    args: (at, p) => [
      ...[at.ids, at.values, at.w, at.start, at.y, p.rows, p.cols],
      ...[p.width, p.used, p.firstRow, p.tableRows, p.startStride],
    ],
  },
});
