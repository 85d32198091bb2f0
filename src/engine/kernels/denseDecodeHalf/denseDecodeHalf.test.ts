import { expect, it } from "vitest";
import { denseDecodeHalfReference } from "./denseDecodeHalf.ref";

it("reads rows of halves, padded to whole words", () => {
  const y = new Float32Array(3);
  // Latents (1, 0, 2) and (0.5, -1, 1).
  const w = Uint32Array.of(0x00003c00, 0x00004000, 0xbc003800, 0x00003c00);
  const views = { z: Float32Array.of(1, 2), w, start: Float32Array.of(0, 10, 0), y };
  denseDecodeHalfReference(views, { rows: 1, inner: 2, cols: 3, zStride: 2, zOffset: 0, startStride: 0 });
  expect([...y]).toEqual([2, 8, 4]);
});
