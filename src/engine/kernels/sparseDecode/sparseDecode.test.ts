import { expect, it } from "vitest";
import { F32, HALF } from "../weights/weights";
import { sparseDecodeReference } from "./sparseDecode.ref";

it("adds the active latents of its chunk to the start", () => {
  const y = new Float32Array(4);
  const ids = Uint32Array.of(2, 4, 3, 3, 9, 0xffffffff);
  const values = Float32Array.of(10, 1, 2, 1, 5, 0);
  // Latents 2 to 4 of a larger decoder.
  const w = Float32Array.of(1, 0, 0, 1, 2, 2);
  const sizes = { rows: 2, cols: 2, width: 3, used: 3, firstRow: 2, tableRows: 3, startStride: 0 };
  sparseDecodeReference(F32)({ ids, values, w, start: Float32Array.of(100, 200), y }, sizes);
  expect([...y]).toEqual([112, 204, 100, 201]);
  sparseDecodeReference(F32)(
    { ids, values, w, start: Float32Array.of(0, 0, 7, 8), y },
    { ...sizes, startStride: 2, used: 1 },
  );
  expect([...y]).toEqual([10, 0, 7, 9]);
});

it("reads rows of halves, padded to whole words", () => {
  const y = new Float32Array(3);
  // Latents (1, 0, 2) and (0.5, -1, 1).
  const w = Uint32Array.of(0x00003c00, 0x00004000, 0xbc003800, 0x00003c00);
  const code = { ids: Uint32Array.of(1, 0), values: Float32Array.of(2, 1), start: Float32Array.of(0, 10, 0) };
  const sizes = { rows: 1, cols: 3, width: 2, used: 2, firstRow: 0, tableRows: 2, startStride: 0 };
  sparseDecodeReference(HALF)({ ...code, w, y }, sizes);
  expect([...y]).toEqual([2, 8, 4]);
});
