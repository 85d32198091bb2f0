import { expect, it } from "vitest";
import { matvecHalfReference } from "./matvecHalf.ref";

it("multiplies by rows of w, adds the bias and writes only its columns", () => {
  const x = Float32Array.of(1, 2, 3, -1, 0, 2); // [2, 3]
  // rows (1, 0, 2) and (0.5, -1, 1), each padded to two words
  const w = Uint32Array.of(0x00003c00, 0x00004000, 0xbc003800, 0x00003c00);
  const y = new Float32Array(8).fill(9);
  const sizes = { rows: 2, inner: 3, cols: 2, hasBias: 1, yStride: 4, yOffset: 1 };
  matvecHalfReference({ x, w, bias: Float32Array.of(0, 10, 20, 0), y }, sizes);
  expect([...y]).toEqual([9, 17, 21.5, 9, 9, 13, 21.5, 9]);
});
