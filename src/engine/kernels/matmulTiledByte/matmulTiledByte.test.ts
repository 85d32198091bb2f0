import { expect, it } from "vitest";
import { matmulTiledByteReference } from "./matmulTiledByte.ref";

it("multiplies by rows of w, adds the bias and writes only its columns", () => {
  const x = Float32Array.of(1, 2, 3, -1, 0, 2); // [2, 3]
  // scales 1 and 0.5; bytes (1, 0, 2) and (1, -2, 2)
  const w = Uint32Array.of(0x3f800000, 0x00020001, 0x3f000000, 0x0002fe01);
  const y = new Float32Array(8).fill(9);
  const sizes = { rows: 2, inner: 3, cols: 2, hasBias: 1, yStride: 4, yOffset: 1 };
  matmulTiledByteReference({ x, w, bias: Float32Array.of(0, 10, 20, 0), y }, sizes);
  expect([...y]).toEqual([9, 17, 21.5, 9, 9, 13, 21.5, 9]);
});
