import { expect, it } from "vitest";
import { byteRows, byteRowWeight, byteRowWords } from "./byteRows";
import { noise } from "./case";

it("keeps every weight to half a step of its row's scale, and zero rows zero", () => {
  const [rows, cols] = [5, 7];
  const values = noise(rows * cols, 3);
  values.fill(0, 2 * cols, 3 * cols);
  const words = byteRows(values, rows, cols);
  expect(words).toHaveLength(rows * byteRowWords(cols));
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * cols, (r + 1) * cols);
    const step = Math.max(...row.map(Math.abs)) / 127;
    row.forEach((value, c) => {
      expect(Math.abs(byteRowWeight(words, cols, r, c) - value)).toBeLessThanOrEqual(step / 2 + 1e-7);
    });
  }
});

it("keeps the largest weight of a row, of either sign", () => {
  const words = byteRows(Float32Array.of(-2, 1, 0.5, 2), 2, 2);
  expect(byteRowWeight(words, 2, 0, 0)).toBeCloseTo(-2, 6);
  expect(byteRowWeight(words, 2, 1, 1)).toBeCloseTo(2, 6);
});
