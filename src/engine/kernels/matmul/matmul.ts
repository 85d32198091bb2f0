/**
 * Matrix products y = x wᵀ + b, in three regimes (few rows, up to 32, many) and each way of storing weights. Which is
 * right for how many rows is the caller's to know (`ops/linear.ts`).
 */
import { defineKernel, type WgslFiles } from "../../device/kernel";
import { flatGrid } from "../grid";
import { BYTE, F32, HALF, type Weights } from "../weights/weights";
import { matmulReference } from "./matmul.ref";
import { matmulArgs } from "./matmulArgs";
import matmulWgsl from "./matmul.wgsl?raw";
import matvecWgsl from "./matvec.wgsl?raw";
import tileWgsl from "./tile.wgsl?raw";
import tile32Wgsl from "./tile32.wgsl?raw";
import tile64Wgsl from "./tile64.wgsl?raw";

interface Regime {
  readonly name: string;
  readonly wgsl: WgslFiles;
  grid(sizes: { readonly rows: number; readonly cols: number }): readonly [number, number, number];
}

const FEW: Regime = {
  name: "matvec",
  wgsl: { "matvec.wgsl": matvecWgsl },
  grid: ({ cols }) => flatGrid(Math.ceil(cols / 4)),
};

const tiles = (name: string, size: number, file: string, wgsl: string): Regime => ({
  name,
  wgsl: { "tile.wgsl": tileWgsl, [file]: wgsl },
  grid: ({ rows, cols }) => [Math.ceil(cols / size), Math.ceil(rows / size), 1],
});

const SOME = tiles("matmulSkinny", 32, "tile32.wgsl", tile32Wgsl);
const MANY = tiles("matmulTiled", 64, "tile64.wgsl", tile64Wgsl);

function matmul<W extends "f32" | "u32">({ name, wgsl, grid }: Regime, weights: Weights<W>) {
  return defineKernel({
    name: name + weights.suffix,
    wgsl: { ...wgsl, "matmul.wgsl": matmulWgsl, ...weights.wgsl },
    reads: { x: "f32", w: weights.type, bias: "f32" },
    writes: { y: "f32" },
    params: { rows: "u32", inner: "u32", cols: "u32", hasBias: "u32", yStride: "u32", yOffset: "u32" },
    grid,
    reference: matmulReference(weights),
    simd: { name: `matmul${weights.suffix}`, args: matmulArgs },
  });
}

export const matvec = matmul(FEW, F32);
export const matvecHalf = matmul(FEW, HALF);
export const matvecByte = matmul(FEW, BYTE);
export const matmulSkinny = matmul(SOME, F32);
export const matmulSkinnyHalf = matmul(SOME, HALF);
export const matmulSkinnyByte = matmul(SOME, BYTE);
export const matmulTiled = matmul(MANY, F32);
export const matmulTiledHalf = matmul(MANY, HALF);
export const matmulTiledByte = matmul(MANY, BYTE);
