/** Alike up to rotation, shift and scale; not alike by chance, however wide the rows. */
import { expect, it } from "vitest";
import { lcg } from "../random/lcg";
import { linearCka } from "./linearCka";

/** Seeded values around 0. */
function noise(n: number, width: number, seed: number): Float32Array[] {
  const bits = lcg(seed);
  const next = () => bits() / 2 ** 32;
  const normal = () => next() + next() + next() + next() - 2;
  return Array.from({ length: n }, () => Float32Array.from({ length: width }, normal));
}

it("is 1 of the same rows rotated, shifted and scaled", () => {
  const x = noise(20, 3, 1);
  const [c, s] = [Math.cos(0.7), Math.sin(0.7)];
  const turned = x.map(([a = 0, b = 0, d = 0]) =>
    Float32Array.of(3 * (c * a - s * b) + 9, 3 * (s * a + c * b), 3 * d),
  );
  expect(linearCka(x, x)).toBeCloseTo(1, 9);
  expect(linearCka(x, turned)).toBeCloseTo(1, 5);
});

it("is near 0 of rows that have nothing in common, also where they are wide and few", () => {
  const values = [1, 2, 3, 4, 5, 6].map((seed) => linearCka(noise(12, 96, seed), noise(12, 200, 100 + seed)));
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.1);
});

it("is the estimate worked out by hand", () => {
  // Rows on a line: K is the outer product of (-1.5, -0.5, 0.5, 1.5), diagonal 0, and L = K with two rows swapped.
  const line = (...at: number[]) => at.map((x) => Float32Array.of(x));
  const outer = (at: readonly number[]) => at.map((a, i) => at.map((b, j) => (i === j ? 0 : a * b)));
  const slow = (a: number[][], b: number[][]) => {
    const n = a.length;
    const sum = (m: number[][]) => m.flat().reduce((total, x) => total + x, 0);
    const product = a.map((row) => b.map((_, j) => row.reduce((total, x, k) => total + x * b[k]![j]!, 0)));
    const trace = product.reduce((total, row, i) => total + row[i]!, 0);
    return (trace + (sum(a) * sum(b)) / ((n - 1) * (n - 2)) - (2 / (n - 2)) * sum(product)) / (n * (n - 3));
  };
  const [p, q] = [
    [-2, -1, 0, 1, 2],
    [-1, -2, 0, 2, 1],
  ];
  const [k, l] = [outer(p!), outer(q!)];
  const expected = slow(k, l) / Math.sqrt(slow(k, k) * slow(l, l));
  expect(linearCka(line(...p!), line(...q!))).toBeCloseTo(expected, 12);
});

it("says nothing of too few rows, or of constant ones", () => {
  expect(linearCka(noise(3, 4, 1), noise(3, 4, 2))).toBeNaN();
  const same = Array.from({ length: 6 }, () => Float32Array.of(1, 2));
  expect(linearCka(same, noise(6, 2, 1))).toBeNaN();
});
