import { expect, it } from "vitest";
import { sparseDecodeReference } from "./sparseDecode.ref";

it("adds the active latents of its chunk to the start", () => {
  const y = new Float32Array(4);
  const ids = Uint32Array.of(2, 4, 3, 3, 9, 0xffffffff);
  const values = Float32Array.of(10, 1, 2, 1, 5, 0);
  // Latents 2 to 4 of a larger decoder.
  const w = Float32Array.of(1, 0, 0, 1, 2, 2);
  const sizes = { rows: 2, cols: 2, width: 3, used: 3, firstRow: 2, tableRows: 3, startStride: 0 };
  sparseDecodeReference({ ids, values, w, start: Float32Array.of(100, 200), y }, sizes);
  expect([...y]).toEqual([112, 204, 100, 201]);
  sparseDecodeReference(
    { ids, values, w, start: Float32Array.of(0, 0, 7, 8), y },
    { ...sizes, startStride: 2, used: 1 },
  );
  expect([...y]).toEqual([10, 0, 7, 9]);
});
