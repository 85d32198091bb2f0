/** Rows of a table by index: token and position embeddings, and picking the rows that are scored. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { BYTE, F32, HALF, type Weights } from "../weights/weights";
import { embeddingReference } from "./embedding.ref";
import wgsl from "./embedding.wgsl?raw";

function member<W extends "f32" | "u32">(weights: Weights<W>) {
  return defineKernel({
    name: `embedding${weights.suffix}`,
    wgsl: { "embedding.wgsl": wgsl, ...weights.wgsl },
    reads: { ids: "u32", w: weights.type },
    writes: { y: "f32" },
    params: { rows: "u32", cols: "u32", firstRow: "u32", tableRows: "u32" },
    constants: { workgroupSize: 256 },
    grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
    reference: embeddingReference(weights),
  });
}

export const embedding = member(F32);
export const embeddingHalf = member(HALF);
export const embeddingByte = member(BYTE);
