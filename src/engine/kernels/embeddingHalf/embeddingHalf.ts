/** Rows of an f16 table by index. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { embeddingHalfReference } from "./embeddingHalf.ref";
import wgsl from "./embeddingHalf.wgsl?raw";

export const embeddingHalf = defineKernel({
  name: "embeddingHalf",
  wgsl,
  reads: { table: "u32", ids: "u32" },
  writes: { y: "f32" },
  params: { rows: "u32", cols: "u32", firstRow: "u32", tableRows: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
  reference: embeddingHalfReference,
});
