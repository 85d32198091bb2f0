/** Columns put back into their place among zeros: the pullback of reading a part of a fused projection. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { placeColumnsReference } from "./placeColumns.ref";
import wgsl from "./placeColumns.wgsl?raw";

export const placeColumns = defineKernel({
  name: "placeColumns",
  wgsl,
  reads: { dy: "f32" },
  writes: { dx: "f32" },
  params: { rows: "u32", width: "u32", cols: "u32", offset: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
  reference: placeColumnsReference,
  simd: { name: "placeColumns", args: (at, p) => [at.dy, at.dx, p.rows, p.width, p.cols, p.offset] },
});
