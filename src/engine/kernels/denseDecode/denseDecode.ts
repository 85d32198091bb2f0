/** An autoencoder's decoder over all latents. */
import { defineKernel } from "../../device/kernel";
import { F32, HALF, type Weights } from "../weights/weights";
import { denseDecodeReference } from "./denseDecode.ref";
import wgsl from "./denseDecode.wgsl?raw";

function member<W extends "f32" | "u32">(weights: Weights<W>) {
  return defineKernel({
    name: `denseDecode${weights.suffix}`,
    wgsl: { "denseDecode.wgsl": wgsl, ...weights.wgsl },
    reads: { z: "f32", w: weights.type, start: "f32" },
    writes: { y: "f32" },
    params: { rows: "u32", inner: "u32", cols: "u32", zStride: "u32", zOffset: "u32", startStride: "u32" },
    grid: ({ rows, cols }) => [Math.ceil(cols / 64), Math.ceil(rows / 64), 1],
    reference: denseDecodeReference(weights),
    simd: {
      name: `denseDecode${weights.suffix}`,
      args: (at, p) => [
        ...[at.z, at.w, at.start, at.y, p.rows, p.inner, p.cols],
        ...[p.zStride, p.zOffset, p.startStride],
      ],
    },
  });
}

export const denseDecode = member(F32);
export const denseDecodeHalf = member(HALF);
