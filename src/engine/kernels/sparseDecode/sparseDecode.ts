/** What active latents add up to. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { F32, HALF, type Weights } from "../weights/weights";
import { sparseDecodeReference } from "./sparseDecode.ref";
import wgsl from "./sparseDecode.wgsl?raw";

function member<W extends "f32" | "u32">(weights: Weights<W>) {
  return defineKernel({
    name: `sparseDecode${weights.suffix}`,
    wgsl: { "sparseDecode.wgsl": wgsl, ...weights.wgsl },
    reads: { ids: "u32", w: weights.type, values: "f32", start: "f32" },
    writes: { y: "f32" },
    params: {
      ...{ rows: "u32", cols: "u32", width: "u32", used: "u32" },
      ...{ firstRow: "u32", tableRows: "u32", startStride: "u32" },
    },
    grid: ({ rows, cols }) => flatGrid(rows * Math.ceil(cols / (64 * weights.perWord))),
    reference: sparseDecodeReference(weights),
    simd: {
      name: `sparseDecode${weights.suffix}`,
      args: (at, p) => [
        ...[at.ids, at.values, at.w, at.start, at.y, p.rows, p.cols],
        ...[p.width, p.used, p.firstRow, p.tableRows, p.startStride],
      ],
    },
  });
}

export const sparseDecode = member(F32);
export const sparseDecodeHalf = member(HALF);
