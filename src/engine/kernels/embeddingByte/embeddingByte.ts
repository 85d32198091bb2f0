/** Rows of an 8-bit table by index. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { embeddingByteReference } from "./embeddingByte.ref";
import wgsl from "./embeddingByte.wgsl?raw";

export const embeddingByte = defineKernel({
  name: "embeddingByte",
  wgsl,
  reads: { table: "u32", ids: "u32" },
  writes: { y: "f32" },
  params: { rows: "u32", cols: "u32", firstRow: "u32", tableRows: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
  reference: embeddingByteReference,
});
