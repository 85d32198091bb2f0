import { expect, it } from "vitest";
import { F32, HALF } from "../weights/weights";
import { denseDecodeReference } from "./denseDecode.ref";

it("multiplies the latents of its chunk and adds the start", () => {
  const y = new Float32Array(4);
  const z = Float32Array.of(9, 1, 2, 9, 0, -1);
  const w = Float32Array.of(1, 10, 2, 20);
  const sizes = { rows: 2, inner: 2, cols: 2, zStride: 3, zOffset: 1, startStride: 0 };
  denseDecodeReference(F32)({ z, w, start: Float32Array.of(100, 0), y }, sizes);
  expect([...y]).toEqual([105, 50, 98, -20]);
});

it("reads rows of halves, padded to whole words", () => {
  const y = new Float32Array(3);
  // Latents (1, 0, 2) and (0.5, -1, 1).
  const w = Uint32Array.of(0x00003c00, 0x00004000, 0xbc003800, 0x00003c00);
  const views = { z: Float32Array.of(1, 2), w, start: Float32Array.of(0, 10, 0), y };
  denseDecodeReference(HALF)(views, { rows: 1, inner: 2, cols: 3, zStride: 2, zOffset: 0, startStride: 0 });
  expect([...y]).toEqual([2, 8, 4]);
});
