/** Heatmap geometry: pixels to cells and back, zoom around a point, labels that do not overlap, pooling. */
import { describe, expect, it } from "vitest";
import {
  cellAt,
  clampView,
  extremes,
  fitView,
  labelled,
  rasterOf,
  reveal,
  zoomView,
  type HeatmapShape,
} from "./heatmap";
import { clippedLabel, heatmapLayout, keyMove } from "./heatmapLayout";

const shapeOf = (rows: number, cols: number): HeatmapShape => ({
  rows,
  cols,
  values: Float32Array.from({ length: rows * cols }, (_, i) => i),
});
const SMALL = shapeOf(4, 10);
const BOX = { width: 100, height: 40 };
const FITTED = fitView(SMALL, BOX, { width: 40, height: 40 });

describe("the view", () => {
  it("shows all cells, none larger than asked for", () => {
    expect(FITTED).toEqual({ row: 0, col: 0, cellWidth: 10, cellHeight: 10 });
    expect(fitView(SMALL, BOX, { width: 4, height: 4 }).cellWidth).toBe(4);
  });
  it("finds the cell at a point", () => {
    expect(cellAt(FITTED, SMALL, 35, 12)).toEqual({ row: 1, col: 3 });
    expect(cellAt(FITTED, SMALL, 101, 12)).toBeUndefined();
    expect(cellAt(FITTED, SMALL, -1, 12)).toBeUndefined();
  });
  it("keeps the cell under the pointer while it zooms, and never leaves the matrix", () => {
    const at = { x: 55, y: 25 };
    const zoomed = zoomView(FITTED, 2, at, SMALL, BOX, FITTED);
    expect(zoomed.cellWidth).toBe(20);
    expect(cellAt(zoomed, SMALL, at.x, at.y)).toEqual(cellAt(FITTED, SMALL, at.x, at.y));
    expect(zoomView(zoomed, 0.1, at, SMALL, BOX, FITTED)).toEqual(FITTED);
    const far = clampView({ ...zoomed, row: 99, col: -3 }, SMALL, BOX);
    expect([far.row, far.col]).toEqual([2, 0]);
  });
  it("moves as little as shows a cell", () => {
    const zoomed = { row: 0, col: 0, cellWidth: 20, cellHeight: 20 };
    expect(reveal(zoomed, SMALL, BOX, { row: 3, col: 9 })).toMatchObject({ row: 2, col: 5 });
    expect(reveal(zoomed, SMALL, BOX, { row: 0, col: 2 })).toEqual(zoomed);
  });
});

describe("labels", () => {
  it("are so far apart that each has room", () => {
    expect(labelled(0, 10, 20, 15)).toHaveLength(10);
    expect(labelled(0, 10, 5, 15)).toEqual([0, 5]);
    expect(labelled(3, 10, 8, 15)).toEqual([4, 6, 8]);
  });
  it("are cut where they are long, and leave room for the plot", () => {
    expect(clippedLabel("a".repeat(20))).toBe(`${"a".repeat(13)}…`);
    const labels = { rows: ["a", "abc"], cols: ["x"] };
    const layout = heatmapLayout(SMALL, labels, 300, { width: 44, height: 20 }, undefined);
    expect(layout.leftMargin + layout.box.width).toBeLessThanOrEqual(300);
    expect(layout.rowTicks).toEqual([0, 1, 2, 3]);
    // However narrow, there is a plot.
    const narrow = heatmapLayout(SMALL, labels, 10, { width: 44, height: 20 }, undefined);
    expect(narrow.box.width).toBeGreaterThan(0);
  });
  it("are walked by keys", () => {
    expect(keyMove("ArrowUp", 10)).toEqual([-1, 0]);
    expect(keyMove("End", 10)).toEqual([0, 10]);
    expect(keyMove("x", 10)).toBeUndefined();
  });
});

describe("pooling", () => {
  it("keeps the element of largest size", () => {
    const values = new Float32Array(100).fill(0.1);
    values[37] = -5;
    const raster = rasterOf({ rows: 10, cols: 10, values }, [0, 10], [0, 10], { width: 5, height: 2 });
    expect([raster.width, raster.height, raster.rowStep, raster.colStep]).toEqual([5, 2, 5, 2]);
    expect(Math.min(...raster.values)).toBe(-5);
  });
  it("leaves cells as they are where there is room, and holes as holes", () => {
    const raster = rasterOf(SMALL, [1, 3], [2, 4], { width: 50, height: 50 });
    expect([...raster.values]).toEqual([12, 13, 22, 23]);
    const holes = rasterOf({ rows: 1, cols: 2, values: Float32Array.of(NaN, 1) }, [0, 1], [0, 2], BOX);
    expect([...holes.values]).toEqual([NaN, 1]);
  });
});

it("finds the largest and the smallest, and where they are", () => {
  const found = extremes({ rows: 2, cols: 2, values: Float32Array.of(3, NaN, -1, Infinity) });
  expect(found?.high).toEqual({ row: 0, col: 0, value: 3 });
  expect(found?.low).toEqual({ row: 1, col: 0, value: -1 });
  expect(extremes({ rows: 1, cols: 1, values: Float32Array.of(NaN) })).toBeUndefined();
});
