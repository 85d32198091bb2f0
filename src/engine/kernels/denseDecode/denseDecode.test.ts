import { expect, it } from "vitest";
import { denseDecodeReference } from "./denseDecode.ref";

it("multiplies the latents of its chunk and adds the start", () => {
  const y = new Float32Array(4);
  const z = Float32Array.of(9, 1, 2, 9, 0, -1);
  const w = Float32Array.of(1, 10, 2, 20);
  const sizes = { rows: 2, inner: 2, cols: 2, zStride: 3, zOffset: 1, startStride: 0 };
  denseDecodeReference({ z, w, start: Float32Array.of(100, 0), y }, sizes);
  expect([...y]).toEqual([105, 50, 98, -20]);
});
