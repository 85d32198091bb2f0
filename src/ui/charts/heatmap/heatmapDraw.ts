/** Draws the part of a heatmap that is in view on a canvas, sharp at the device's pixels. */
import { colourIndex, colourTable, cssColour, inkOn, type ScaleKind, type Theme } from "../colourScales";
import { rasterOf, type Box, type HeatmapShape, type HeatmapView, type Raster } from "./heatmap";

export interface HeatmapDrawing {
  readonly shape: HeatmapShape;
  readonly view: HeatmapView;
  readonly box: Box;
  readonly kind: ScaleKind;
  readonly domain: readonly [number, number];
  readonly theme: Theme;
  /** Cells that are not there yet are hatched. */
  readonly partial: boolean;
  readonly cursor?: { readonly row: number; readonly col: number } | undefined;
  readonly selected?: { readonly row: number; readonly col: number } | undefined;
  readonly cellText?: ((row: number, col: number) => string) | undefined;
  readonly ink: string;
  readonly muted: string;
}

/** A cell gets text from this size on. */
const TEXT_CELL = { width: 30, height: 15 };
const CHARACTER = 6.6;
const SELECTED = [
  ["#ffffff", 4],
  ["#000000", 2],
] as const;
const CURSOR = [
  ["#000000", 3],
  ["#ffffff", 1],
] as const;

export function drawHeatmap(canvas: HTMLCanvasElement, drawing: HeatmapDrawing): void {
  const { shape, view, box, partial } = drawing;
  const context = canvas.getContext("2d");
  if (!context) return;
  const ratio = globalThis.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(box.width * ratio));
  canvas.height = Math.max(1, Math.round(box.height * ratio));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const row0 = Math.max(0, Math.floor(view.row));
  const col0 = Math.max(0, Math.floor(view.col));
  const row1 = Math.min(shape.rows, Math.ceil(view.row + box.height / view.cellHeight));
  const col1 = Math.min(shape.cols, Math.ceil(view.col + box.width / view.cellWidth));
  if (row1 <= row0 || col1 <= col0) return;
  const { raster, bitmap } = painted(canvas, drawing, [row0, row1], [col0, col1]);
  const left = (col: number) => (col - view.col) * view.cellWidth;
  const top = (row: number) => (row - view.row) * view.cellHeight;
  if (partial) hatch(context, box, drawing.muted);
  context.imageSmoothingEnabled = false;
  const width = raster.width * raster.colStep * view.cellWidth;
  const height = raster.height * raster.rowStep * view.cellHeight;
  context.drawImage(bitmap, left(col0), top(row0), width, height);
  drawTexts(context, drawing, [row0, row1], [col0, col1], left, top);
  for (const cell of [drawing.selected, drawing.cursor]) {
    if (!cell) continue;
    const isCursor = cell === drawing.cursor;
    const [x, y] = [left(cell.col), top(cell.row)];
    // Lines to the labels; not through words.
    if (!showsText(drawing)) {
      context.strokeStyle = isCursor ? drawing.muted : drawing.ink;
      context.lineWidth = 1;
      context.setLineDash(isCursor ? [2, 3] : []);
      context.beginPath();
      context.moveTo(0, y + view.cellHeight / 2);
      context.lineTo(x, y + view.cellHeight / 2);
      context.moveTo(x + view.cellWidth / 2, y + view.cellHeight);
      context.lineTo(x + view.cellWidth / 2, box.height);
      context.stroke();
      context.setLineDash([]);
    }
    // Black and white, so that it is seen on every colour.
    for (const [colour, lineWidth] of isCursor ? CURSOR : SELECTED) {
      context.strokeStyle = colour;
      context.lineWidth = lineWidth;
      context.strokeRect(x + 1, y + 1, Math.max(3, view.cellWidth) - 2, Math.max(3, view.cellHeight) - 2);
    }
  }
}

/** One pixel a cell; what is NaN stays clear. */
export function cellsImage(
  { width, height, values }: Pick<Raster, "width" | "height" | "values">,
  { kind, domain, theme }: Pick<HeatmapDrawing, "kind" | "domain" | "theme">,
): ImageData {
  const colours = colourTable(kind, theme);
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  values.forEach((value, i) => {
    words[i] = Number.isNaN(value) ? 0 : (colours[colourIndex(value, domain)] ?? 0);
  });
  return image;
}

interface Painted {
  readonly key: readonly unknown[];
  readonly raster: Raster;
  readonly bitmap: HTMLCanvasElement;
}
/** What each canvas showed last: a pointer that moves over millions of cells paints none of them again. */
const lastPainted = new WeakMap<HTMLCanvasElement, Painted>();

/** The cells in view, one pixel each. */
function painted(
  canvas: HTMLCanvasElement,
  { shape, kind, domain, theme }: HeatmapDrawing,
  rows: readonly [number, number],
  cols: readonly [number, number],
): Painted {
  const key = [
    shape.values,
    shape.cols,
    ...rows,
    ...cols,
    canvas.width,
    canvas.height,
    kind,
    ...domain,
    theme,
  ];
  const last = lastPainted.get(canvas);
  if (last && key.every((part, i) => part === last.key[i])) return last;
  const raster = rasterOf(shape, rows, cols, { width: canvas.width, height: canvas.height });
  const bitmap = document.createElement("canvas");
  bitmap.width = raster.width;
  bitmap.height = raster.height;
  bitmap.getContext("2d")?.putImageData(cellsImage(raster, { kind, domain, theme }), 0, 0);
  const now = { key, raster, bitmap };
  lastPainted.set(canvas, now);
  return now;
}

function hatch(context: CanvasRenderingContext2D, box: Box, colour: string): void {
  context.strokeStyle = colour;
  context.globalAlpha = 0.25;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = -box.height; x < box.width; x += 8) {
    context.moveTo(x, box.height);
    context.lineTo(x + box.height, 0);
  }
  context.stroke();
  context.globalAlpha = 1;
}

const showsText = ({ cellText, view }: HeatmapDrawing) =>
  cellText !== undefined && view.cellWidth >= TEXT_CELL.width && view.cellHeight >= TEXT_CELL.height;

function drawTexts(
  context: CanvasRenderingContext2D,
  drawing: HeatmapDrawing,
  [row0, row1]: readonly [number, number],
  [col0, col1]: readonly [number, number],
  left: (col: number) => number,
  top: (row: number) => number,
): void {
  const { shape, view, kind, domain, theme, cellText } = drawing;
  if (!cellText || !showsText(drawing)) return;
  const colours = colourTable(kind, theme);
  const room = Math.floor((view.cellWidth - 4) / CHARACTER);
  context.font = "11px ui-monospace, monospace";
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let row = row0; row < row1; row++) {
    for (let col = col0; col < col1; col++) {
      const value = shape.values[row * shape.cols + col] ?? NaN;
      if (Number.isNaN(value)) continue;
      const text = cellText(row, col);
      const word = colours[colourIndex(value, domain)] ?? 0;
      context.fillStyle = inkOn(word);
      const shown = text.length > room ? `${text.slice(0, Math.max(1, room - 1))}…` : text;
      context.fillText(shown, left(col) + view.cellWidth / 2, top(row) + view.cellHeight / 2);
    }
  }
}

/** The colours from low to high, for a colour bar. */
export function colourGradient(kind: ScaleKind, theme: Theme): string {
  const colours = colourTable(kind, theme);
  const stops = Array.from({ length: 17 }, (_, i) => cssColour(colours[Math.min(255, i * 16)] ?? 0));
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
