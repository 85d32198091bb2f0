/** Where everything of a heatmap goes: margins for labels, the size of the plot, the part in view, labels that are drawn. */
import { clampView, fitView, labelled, type Box, type HeatmapShape, type HeatmapView } from "./heatmap";

const MAX_HEIGHT = 480;
/** Width of a character of a label, px. */
const CHARACTER = 7.8;
export const MAX_LABEL = 14;
/** Labels take no more than this share of the width. */
const LABEL_SHARE = 0.4;
/** Of a label, px. */
const LABEL_HEIGHT = 15;

export interface HeatmapLayout {
  readonly leftMargin: number;
  /** Characters of a row's label that are drawn. */
  readonly rowCharacters: number;
  readonly bottomMargin: number;
  /** The view that shows all. */
  readonly fitted: HeatmapView;
  /** The plot, px. */
  readonly box: Box;
  readonly view: HeatmapView;
  /** Rows and columns whose labels are drawn. */
  readonly rowTicks: readonly number[];
  readonly colTicks: readonly number[];
}

export const clippedLabel = (text: string, characters = MAX_LABEL) =>
  text.length > characters ? `${text.slice(0, characters - 1)}…` : text;

const labelSpace = (labels: readonly string[], characters = MAX_LABEL) =>
  labels.reduce((most, text) => Math.max(most, Math.min(characters, text.length)), 1) * CHARACTER + 8;

export function heatmapLayout(
  shape: HeatmapShape,
  labels: {
    readonly rows: readonly string[];
    readonly cols: readonly string[];
    /** Of a row's label, where there is room. */
    readonly rowCharacters?: number | undefined;
  },
  /** Of the whole, px. */
  width: number,
  /** Largest size of a cell, px. */
  cell: Box,
  zoomed: HeatmapView | undefined,
): HeatmapLayout {
  const fitting = Math.floor((LABEL_SHARE * width) / CHARACTER);
  const rowCharacters = Math.max(MAX_LABEL, Math.min(labels.rowCharacters ?? MAX_LABEL, fitting));
  const leftMargin = labelSpace(labels.rows, rowCharacters);
  const room = Math.max(40, width - leftMargin);
  const fitted = fitView(shape, { width: room, height: MAX_HEIGHT }, cell);
  const { cellWidth, cellHeight } = zoomed ?? fitted;
  const box = {
    width: Math.min(room, shape.cols * cellWidth),
    height: Math.max(1, Math.min(MAX_HEIGHT, shape.rows * cellHeight)),
  };
  const view = zoomed ? clampView(zoomed, shape, box) : fitted;
  const ticks = (first: number, count: number, size: number, extent: number) =>
    labelled(Math.floor(first), Math.min(count, Math.ceil(first + extent / size)), size, LABEL_HEIGHT);
  return {
    ...{ leftMargin, rowCharacters, bottomMargin: labelSpace(labels.cols), fitted, box, view },
    rowTicks: ticks(view.row, shape.rows, cellHeight, box.height),
    colTicks: ticks(view.col, shape.cols, cellWidth, box.width),
  };
}

/** Rows and columns that a key moves by; undefined for other keys. */
export function keyMove(key: string, cols: number): readonly [rows: number, cols: number] | undefined {
  const moves: Readonly<Record<string, readonly [number, number]>> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    PageUp: [-10, 0],
    PageDown: [10, 0],
    Home: [0, -cols],
    End: [0, cols],
  };
  return moves[key];
}
