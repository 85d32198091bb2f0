import { expect, it } from "vitest";
import { DifferenceRows } from "./difference";

const of = (...values: number[]) => Float32Array.from(values);

it("subtracts, and measures whole rows", () => {
  const rows = new DifferenceRows(2, 2);
  rows.set(0, of(3, 4), of(0, 1));
  rows.set(1, of(1, 0), of(-2, 0));
  expect([...rows.values]).toEqual([3, 3, 3, 0]);
  expect([...rows.left]).toEqual([5, 1]);
  expect([...rows.right]).toEqual([1, 2]);
  expect(rows.difference[0]).toBeCloseTo(Math.sqrt(18), 6);
  expect(rows.difference[1]).toBe(3);
  expect(rows.cosine[0]).toBeCloseTo(4 / 5, 6);
  expect(rows.cosine[1]).toBe(-1);
});

it("is zero for equal rows, with a cosine of one", () => {
  const rows = new DifferenceRows(1, 3);
  rows.set(0, of(0.1, -0.2, 0.3), of(0.1, -0.2, 0.3));
  expect([...rows.values, rows.difference[0]]).toEqual([0, 0, 0, 0]);
  expect(rows.cosine[0]).toBe(1);
});

it("leaves out what is not finite, and has no cosine with nothing", () => {
  const rows = new DifferenceRows(1, 3);
  rows.set(0, of(-Infinity, 2, 0), of(-Infinity, 0, 0));
  expect([...rows.values]).toEqual([NaN, 2, 0]);
  expect([rows.difference[0], rows.cosine[0]]).toEqual([2, NaN]);
});

it("shows the largest difference where columns share a cell", () => {
  const width = 5000;
  const rows = new DifferenceRows(1000, width);
  expect([rows.colStep, rows.cols]).toEqual([2, 2500]);
  const a = new Float32Array(width);
  a.set([1, -3, 0, 0, 2], 0);
  rows.set(7, a, new Float32Array(width));
  expect([...rows.values.subarray(7 * 2500, 7 * 2500 + 3)]).toEqual([-3, 0, 2]);
  expect(rows.values[0]).toBeNaN();
});
