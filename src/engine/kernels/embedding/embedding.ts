/** Rows of an f32 table by index: embeddings, and picking the rows that are scored. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { embeddingReference } from "./embedding.ref";
import wgsl from "./embedding.wgsl?raw";

export const embedding = defineKernel({
  name: "embedding",
  wgsl,
  reads: { table: "f32", ids: "u32" },
  writes: { y: "f32" },
  params: { rows: "u32", cols: "u32", firstRow: "u32", tableRows: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
  reference: embeddingReference,
});
