/** Windows of tensors: exact where they fit, the strongest element where they do not. */
import { describe, expect, it } from "vitest";
import { tensorWindow } from "./tensorWindow";

const DATA = Float32Array.from({ length: 2 * 4 * 5 }, (_, i) => (i % 3 === 0 ? -i : i));
const SHAPE = [2, 4, 5];
const all = { leading: [1], rows: [0, 4], cols: [0, 5], maxRows: 10, maxCols: 10 } as const;

describe("tensorWindow", () => {
  it("is exact where it fits", () => {
    const window = tensorWindow(DATA, SHAPE, { ...all, rows: [1, 3], cols: [2, 5] });
    expect(window).toMatchObject({ rows: 2, cols: 3, rowStep: 1, colStep: 1 });
    expect([...window.data]).toEqual([-27, 28, 29, 32, -33, 34]);
  });

  it("keeps the strongest of each cell, also of cells at the edge", () => {
    const window = tensorWindow(DATA, SHAPE, { ...all, maxRows: 2, maxCols: 2 });
    expect(window).toMatchObject({ rows: 2, cols: 2, rowStep: 2, colStep: 3 });
    // Rows 0-1 × columns 0-2 end at 27, columns 3-4 at 29; rows 2-3 at 37 and 39.
    expect([...window.data]).toEqual([-27, 29, 37, -39]);
  });

  it("lays the axes that are left side by side", () => {
    const window = { ...all, leading: [], rows: [1, 2], cols: [3, 8], maxCols: 10 } as const;
    expect([...tensorWindow(DATA, SHAPE, window).data]).toEqual([23, -24, 25, 26, -27]);
  });

  it("subtracts before it pools", () => {
    const other = DATA.map((value, i) => (i === 31 ? value + 5 : value));
    const window = tensorWindow(DATA, SHAPE, { ...all, maxRows: 2, maxCols: 2 }, other);
    expect([...window.data]).toEqual([0, 0, -5, 0]);
  });

  it("shows what is not finite only where there is nothing else", () => {
    const data = Float32Array.of(-Infinity, -Infinity, -Infinity, 0.5);
    const window = { leading: [], rows: [0, 1], cols: [0, 4], maxRows: 1, maxCols: 2 } as const;
    expect([...tensorWindow(data, [1, 4], window).data]).toEqual([-Infinity, 0.5]);
  });

  it("refuses what is not there", () => {
    expect(() => tensorWindow(DATA, SHAPE, { ...all, leading: [2] })).toThrow("axis 0, which has 2");
    expect(() => tensorWindow(DATA, SHAPE, { ...all, leading: [0, 0] })).toThrow("two must be left");
    expect(() => tensorWindow(DATA, SHAPE, { ...all, rows: [0, 5] })).toThrow("rows 0 to 5");
    expect(() => tensorWindow(DATA, SHAPE, { ...all, maxCols: 0 })).toThrow("at most 0 columns");
  });
});
