/** Lists what is not zero in each row, in order of columns. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { compactRowsReference } from "./compactRows.ref";
import wgsl from "./compactRows.wgsl?raw";

export const compactRows = defineKernel({
  name: "compactRows",
  wgsl,
  reads: { x: "f32" },
  writes: { ids: "u32", values: "f32", counts: "u32" },
  params: { rows: "u32", cols: "u32", width: "u32" },
  grid: ({ rows }) => flatGrid(rows),
  reference: compactRowsReference,
  simd: {
    name: "compactRows",
    args: (at, { rows, cols, width }) => [at.x, at.ids, at.values, at.counts, rows, cols, width],
  },
});
