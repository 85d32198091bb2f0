import { expect, it } from "vitest";
import { BYTE, F32, HALF } from "../weights/weights";
import { matmulReference } from "./matmul.ref";

const SIZES = { rows: 2, inner: 3, cols: 2, hasBias: 1, yStride: 4, yOffset: 1 };
const x = Float32Array.of(1, 2, 3, -1, 0, 2); // [2, 3]
const bias = Float32Array.of(0, 10, 20, 0);

it.each([
  // rows (1, 0, 2) and (0.5, -1, 1)
  [
    "floats",
    (y: Float32Array) => matmulReference(F32)({ x, w: Float32Array.of(1, 0, 2, 0.5, -1, 1), bias, y }, SIZES),
  ],
  [
    "halves, each row padded to two words",
    (y: Float32Array) => {
      const w = Uint32Array.of(0x00003c00, 0x00004000, 0xbc003800, 0x00003c00);
      matmulReference(HALF)({ x, w, bias, y }, SIZES);
    },
  ],
  [
    "scales 1 and 0.5 with bytes (1, 0, 2) and (1, -2, 2)",
    (y: Float32Array) => {
      const w = Uint32Array.of(0x3f800000, 0x00020001, 0x3f000000, 0x0002fe01);
      matmulReference(BYTE)({ x, w, bias, y }, SIZES);
    },
  ],
])("multiplies by rows of w, adds the bias and writes only its columns: %s", (_, multiply) => {
  const y = new Float32Array(8).fill(9);
  multiply(y);
  expect([...y]).toEqual([9, 17, 21.5, 9, 9, 13, 21.5, 9]);
});
