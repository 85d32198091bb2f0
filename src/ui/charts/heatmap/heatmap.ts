/** Where the cells of a heatmap are: the part in view, pixels to cells and back, labels that do not overlap. */

export interface HeatmapShape {
  readonly rows: number;
  readonly cols: number;
  /** Row-major; NaN: nothing there. */
  readonly values: Float32Array;
}

/** The part in view: its first row and column (fractions of a cell while it is dragged) and the cell's size in px. */
export interface HeatmapView {
  readonly row: number;
  readonly col: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
}

export interface Box {
  readonly width: number;
  readonly height: number;
}

const MAX_CELL = 64;

/** Everything in view, cells no larger than asked for. */
export function fitView({ rows, cols }: HeatmapShape, box: Box, cell: Box): HeatmapView {
  return {
    row: 0,
    col: 0,
    cellWidth: Math.min(cell.width, box.width / Math.max(1, cols)),
    cellHeight: Math.min(cell.height, box.height / Math.max(1, rows)),
  };
}

/** The same view with nothing but cells in it where there are enough of them. */
export function clampView(view: HeatmapView, { rows, cols }: HeatmapShape, box: Box): HeatmapView {
  const last = (count: number, size: number, room: number) => Math.max(0, count - room / size);
  return {
    ...view,
    row: Math.max(0, Math.min(view.row, last(rows, view.cellHeight, box.height))),
    col: Math.max(0, Math.min(view.col, last(cols, view.cellWidth, box.width))),
  };
}

/** Larger or smaller cells around a point (px in the plot) that stays where it is. */
export function zoomView(
  view: HeatmapView,
  factor: number,
  at: { readonly x: number; readonly y: number },
  shape: HeatmapShape,
  box: Box,
  fitted: HeatmapView,
): HeatmapView {
  const size = (now: number, least: number) => Math.max(least, Math.min(MAX_CELL, now * factor));
  const cellWidth = size(view.cellWidth, fitted.cellWidth);
  const cellHeight = size(view.cellHeight, fitted.cellHeight);
  const row = view.row + at.y / view.cellHeight - at.y / cellHeight;
  const col = view.col + at.x / view.cellWidth - at.x / cellWidth;
  return clampView({ row, col, cellWidth, cellHeight }, shape, box);
}

/** The cell at a point of the plot, or undefined beside the cells. */
export function cellAt(
  view: HeatmapView,
  { rows, cols }: HeatmapShape,
  x: number,
  y: number,
): { row: number; col: number } | undefined {
  const row = Math.floor(view.row + y / view.cellHeight);
  const col = Math.floor(view.col + x / view.cellWidth);
  return x >= 0 && y >= 0 && row >= 0 && col >= 0 && row < rows && col < cols ? { row, col } : undefined;
}

/** Moves the view so that a cell is wholly in it. */
export function reveal(
  view: HeatmapView,
  shape: HeatmapShape,
  box: Box,
  cell: { readonly row: number; readonly col: number },
): HeatmapView {
  const into = (first: number, size: number, room: number, index: number) =>
    index < first ? index : index + 1 > first + room / size ? index + 1 - room / size : first;
  return clampView(
    {
      ...view,
      row: into(view.row, view.cellHeight, box.height, cell.row),
      col: into(view.col, view.cellWidth, box.width, cell.col),
    },
    shape,
    box,
  );
}

/** Indices whose labels are drawn: so many apart that each has `room` px. */
export function labelled(first: number, end: number, cellSize: number, room: number): number[] {
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
  const step = steps.find((n) => n * cellSize >= room) ?? 10_000;
  const start = Math.ceil(first / step) * step;
  return Array.from({ length: Math.max(0, Math.ceil((end - start) / step)) }, (_, i) => start + i * step);
}

export interface Raster {
  readonly width: number;
  readonly height: number;
  /** Cells that one element stands for, each way. */
  readonly rowStep: number;
  readonly colStep: number;
  readonly values: Float32Array;
}

/**
 * The cells [row0, row1) × [col0, col1) at no more than the given resolution: where several fall together, the one of
 * largest |x| stands for all, so that a single strong cell never disappears.
 */
export function rasterOf(
  { cols, values }: HeatmapShape,
  [row0, row1]: readonly [number, number],
  [col0, col1]: readonly [number, number],
  most: Box,
): Raster {
  const rowStep = Math.max(1, Math.ceil((row1 - row0) / Math.max(1, most.height)));
  const colStep = Math.max(1, Math.ceil((col1 - col0) / Math.max(1, most.width)));
  const height = Math.ceil((row1 - row0) / rowStep);
  const width = Math.ceil((col1 - col0) / colStep);
  const pooled = new Float32Array(width * height).fill(NaN);
  for (let row = row0; row < row1; row++) {
    const to = Math.floor((row - row0) / rowStep) * width;
    for (let col = col0; col < col1; col++) {
      const value = values[row * cols + col] ?? NaN;
      const at = to + Math.floor((col - col0) / colStep);
      const known = pooled[at] ?? NaN;
      if (Number.isNaN(known) || Math.abs(value) > Math.abs(known)) pooled[at] = value;
    }
  }
  return { width, height, rowStep, colStep, values: pooled };
}

/** Where the largest and the smallest value are; undefined where there is none. */
export function extremes({ cols, values }: HeatmapShape) {
  let low = -1;
  let high = -1;
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) return;
    if (low < 0 || value < (values[low] ?? 0)) low = i;
    if (high < 0 || value > (values[high] ?? 0)) high = i;
  });
  const place = (i: number) => ({ row: Math.floor(i / cols), col: i % cols, value: values[i] ?? NaN });
  return low < 0 ? undefined : { low: place(low), high: place(high) };
}

/** The same in a sentence, for those who do not see the map. */
export function summaryOf(shape: HeatmapShape, said: (row: number, col: number) => string): string {
  const found = extremes(shape);
  if (!found) return "No values yet.";
  return `Largest: ${said(found.high.row, found.high.col)}. Smallest: ${said(found.low.row, found.low.col)}.`;
}

/** Where the values are a window of something larger: who reads another window, in rows and columns of this one. */
export interface Beyond {
  zoom(factor: number, row: number, col: number): void;
  pan(rows: number, cols: number): void;
  all(): void;
  readonly isAll: boolean;
}
