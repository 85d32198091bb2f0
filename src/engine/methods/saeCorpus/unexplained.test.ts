/** The share of variance that is left, in batches, against the sums over all rows at once. */
import { expect, it } from "vitest";
import { noise } from "../../../random/noise";
import { Unexplained } from "./unexplained";

it("is what it would be with all rows at hand, far from the origin too", () => {
  const [rows, width] = [90, 7];
  const x = noise(rows * width, 5).map((value, i) => value + (i % width === 2 ? 3000 : 1));
  const y = x.map((value, i) => value + 0.3 * noise(rows * width, 6)[i]!);
  const row = (values: Float32Array, r: number) => values.subarray(r * width, (r + 1) * width);
  const mean = Array.from({ length: width }, (_, i) => {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += x[r * width + i]!;
    return sum / rows;
  });
  const squares = (values: ArrayLike<number>, others: ArrayLike<number>) =>
    Array.from(values).reduce((sum, value, i) => sum + (value - others[i % others.length]!) ** 2, 0);
  const quality = new Unexplained(row(x, 3).slice());
  for (let first = 0; first < rows; first += 20) {
    const batch = Array.from({ length: Math.min(20, rows - first) }, (_, i) => first + i);
    const roots = (others: (r: number) => Float32Array) =>
      Float32Array.from(batch, (r) => Math.sqrt(squares(row(x, r), others(r)) / width));
    const sums = Float32Array.from({ length: width }, (_, i) =>
      batch.reduce((sum, r) => sum + row(x, r)[i]! - quality.origin[i]!, 0),
    );
    quality.add(
      roots((r) => row(y, r)),
      roots(() => quality.origin),
      sums,
    );
  }
  expect(quality.fvu).toBeCloseTo(squares(x, y) / squares(x, mean), 5);
});
