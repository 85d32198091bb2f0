import { expect, it } from "vitest";
import { sparseDecodeHalfReference } from "./sparseDecodeHalf.ref";

it("reads rows of halves, padded to whole words", () => {
  const y = new Float32Array(3);
  // Latents (1, 0, 2) and (0.5, -1, 1).
  const w = Uint32Array.of(0x00003c00, 0x00004000, 0xbc003800, 0x00003c00);
  const code = { ids: Uint32Array.of(1, 0), values: Float32Array.of(2, 1), start: Float32Array.of(0, 10, 0) };
  const sizes = { rows: 1, cols: 3, width: 2, used: 2, firstRow: 0, tableRows: 2, startStride: 0 };
  sparseDecodeHalfReference({ ...code, w, y }, sizes);
  expect([...y]).toEqual([2, 8, 4]);
});
