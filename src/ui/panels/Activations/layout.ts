/**
 * How a tensor is laid out as a matrix with tokens on one axis: which part of it is read, what its rows and columns are
 * called, and how cells that stand for several elements are named.
 */
import type { TensorWindow, WindowData } from "../../../protocol/analysis";
import { siteDoc, siteName, type Site } from "../../../protocol/sites";

export interface Layout {
  readonly leading: readonly number[];
  readonly rows: number;
  readonly cols: number;
  /** Column of the tensor's joined axes where the matrix begins. */
  readonly firstCol: number;
  readonly rowTitle: "position" | "query";
  readonly rowsTitle: "positions" | "queries";
  readonly colTitle: "key" | "dimension" | "neuron" | "token id" | "head.dimension";
  /** Of a head, where columns are several heads side by side. */
  readonly headWidth?: number;
}

export const isByKey = (site: Site) => /\.attn\.(scores|pattern)$/.test(site);
export const hasHeads = (site: Site) => siteDoc(site).shape.includes("head");

/** How many heads a captured tensor has; 0 without a head axis. */
export function headsOf(site: Site, shape: readonly number[]): number {
  return shape[siteDoc(site).shape.indexOf("head")] ?? 0;
}

export function layoutOf(site: Site, shape: readonly number[], head: number, allHeads: boolean): Layout {
  const [first = 0, second = 0, third = 1] = shape;
  if (isByKey(site)) {
    return {
      ...{ leading: [Math.min(head, first - 1)], rows: second, cols: third, firstCol: 0 },
      ...{ rowTitle: "query", rowsTitle: "queries", colTitle: "key" },
    };
  }
  const rows = { leading: [], rows: first, rowTitle: "position", rowsTitle: "positions" } as const;
  if (!hasHeads(site)) return { ...rows, cols: second, firstCol: 0, colTitle: columnTitle(site) };
  if (allHeads) {
    return { ...rows, cols: second * third, firstCol: 0, colTitle: "head.dimension", headWidth: third };
  }
  const firstCol = Math.min(head, second - 1) * third;
  return { ...rows, cols: third, firstCol, colTitle: "dimension" };
}

function columnTitle(site: Site): Layout["colTitle"] {
  const name = siteName(site);
  if (name === "logits") return "token id";
  return name.startsWith("mlp.") ? "neuron" : "dimension";
}

export type Range = readonly [first: number, end: number];
export interface Frame {
  readonly rows: Range;
  readonly cols: Range;
}

export const whole = ({ rows, cols }: Layout): Frame => ({ rows: [0, rows], cols: [0, cols] });
export const isWhole = (frame: Frame, { rows, cols }: Layout) =>
  frame.rows[1] - frame.rows[0] >= rows && frame.cols[1] - frame.cols[0] >= cols;

/** Cells that are drawn at most, each way; larger frames are pooled by the engine. */
export const MAX_ROWS = 256;
export const MAX_COLS = 512;
/** Nothing is enlarged beyond so few elements. */
const LEAST_CELLS = 8;

/** A smaller (factor above 1) or larger range around an index that stays where it is. */
export function zoomRange([first, end]: Range, total: number, factor: number, focus: number): Range {
  const size = end - first;
  const asked = factor > 1 ? Math.floor(size / factor) : Math.ceil(size / factor);
  const next = Math.min(total, Math.max(Math.min(LEAST_CELLS, total), asked));
  const start = Math.round(focus - (focus - first) * (next / Math.max(1, size)));
  return within([start, start + next], total);
}

/** The same size, further on. */
export const panRange = ([first, end]: Range, total: number, by: number): Range =>
  within([first + by, end + by], total);

function within([first, end]: Range, total: number): Range {
  const size = end - first;
  const start = Math.max(0, Math.min(first, total - size));
  return [start, start + size];
}

export function windowOf(
  { leading, firstCol }: Layout,
  { rows, cols }: Frame,
  id: number,
  minus: number | undefined,
): TensorWindow {
  return {
    ...{ id, leading, rows, maxRows: MAX_ROWS, maxCols: MAX_COLS },
    cols: [firstCol + cols[0], firstCol + cols[1]],
    ...(minus === undefined ? {} : { minus }),
  };
}

/** A drawn window: what was read, and of which part of which matrix. */
export interface DrawnWindow {
  readonly layout: Layout;
  readonly frame: Frame;
  readonly data: WindowData;
  /** Texts of the token ids that columns stand for, where they do. */
  readonly vocabulary?: ReadonlyMap<number, string>;
}

/** Elements of the matrix that a drawn row or column stands for. */
export function rowsAt({ frame, data }: DrawnWindow, row: number): Range {
  const first = frame.rows[0] + row * data.rowStep;
  return [first, Math.min(frame.rows[1], first + data.rowStep)];
}
export function colsAt({ frame, data }: DrawnWindow, col: number): Range {
  const first = frame.cols[0] + col * data.colStep;
  return [first, Math.min(frame.cols[1], first + data.colStep)];
}

const span = ([first, end]: Range, name: (i: number) => string) =>
  end - first > 1 ? `${name(first)}–${name(end - 1)}` : name(first);

/** "12 apples", or "12–15" where it stands for several. */
export function tokenSpan(range: Range, tokens: readonly string[]): string {
  const one = range[1] - range[0] === 1;
  return one ? `${range[0]} ${tokens[range[0]] ?? ""}`.trimEnd() : span(range, String);
}

/** A column's name: a key's token, "head.dimension", or its number (and text, of a token id). */
export function colSpan(
  { colTitle, headWidth }: Layout,
  range: Range,
  tokens: readonly string[],
  vocabulary?: ReadonlyMap<number, string>,
): string {
  const text = range[1] - range[0] === 1 ? vocabulary?.get(range[0]) : undefined;
  if (text !== undefined) return `${range[0]} ${text}`;
  if (colTitle === "key") return tokenSpan(range, tokens);
  if (!headWidth) return span(range, String);
  return span(range, (i) => `${Math.floor(i / headWidth)}.${i % headWidth}`);
}
