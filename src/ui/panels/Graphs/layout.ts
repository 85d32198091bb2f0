/**
 * Where nodes are drawn: a column of equal width for each token, a row for each layer from the tokens at the bottom to the
 * logits at the top; the nodes of one cell stand side by side, most influence first, in as many lines as they need.
 */
import type { Graph } from "../../../client/graph/graph";

export const MARGIN = { left: 52, right: 12, top: 12 } as const;
/** Below the rows: tokens upright, or aslant where columns are narrow. */
const BOTTOM = { upright: 28, aslant: 62 } as const;
/** From this width on tokens stand upright, px. */
const UPRIGHT = 56;
/** Between the centres of nodes in one cell, px. */
const SPACING = 13;
const ROW = { padding: 12, empty: 12 } as const;
const COLUMN = { least: 24, most: 320 } as const;

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly columnWidth: number;
  /** Of the rows. */
  readonly bottom: number;
  readonly isUpright: boolean;
  /** Centres of nodes; NaN where a node is not shown. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly rows: readonly { readonly label: string; readonly top: number; readonly bottom: number }[];
  readonly columns: readonly { readonly label: string; readonly x: number }[];
}

export function layoutGraph(graph: Graph, shown: Uint8Array, room: number): GraphLayout {
  const { nodes, rows, tokens } = graph;
  const inner = room - MARGIN.left - MARGIN.right;
  const columnWidth = Math.max(
    COLUMN.least,
    Math.min(COLUMN.most, Math.floor(inner / Math.max(1, tokens.length))),
  );
  const perLine = Math.max(1, Math.floor((columnWidth - 4) / SPACING));
  const cells = cellsOf(graph, shown);
  const lines = rows.map(() => 0);
  for (const members of cells.values()) {
    const row = nodes[members[0] ?? 0]?.row ?? 0;
    lines[row] = Math.max(lines[row] ?? 0, Math.ceil(members.length / perLine));
  }
  const placed = rowPlaces(rows, lines);
  const [x, y] = [new Float64Array(nodes.length).fill(NaN), new Float64Array(nodes.length).fill(NaN)];
  const centre = (position: number) => MARGIN.left + (position + 0.5) * columnWidth;
  for (const members of cells.values()) {
    const { position = 0, row = 0 } = nodes[members[0] ?? 0] ?? {};
    const bottom = placed.rows[row]?.bottom ?? 0;
    const across = Math.min(perLine, members.length);
    members.forEach((node, i) => {
      x[node] = centre(position) + ((i % perLine) - (across - 1) / 2) * SPACING;
      y[node] = bottom - ROW.padding / 2 - (Math.floor(i / perLine) + 0.5) * SPACING;
    });
  }
  return {
    width: MARGIN.left + tokens.length * columnWidth + MARGIN.right,
    height: placed.bottom + (columnWidth >= UPRIGHT ? BOTTOM.upright : BOTTOM.aslant),
    ...{ columnWidth, isUpright: columnWidth >= UPRIGHT, bottom: placed.bottom },
    ...{ x, y, rows: placed.rows },
    columns: tokens.map((label, position) => ({ label, x: centre(position) })),
  };
}

/** Shown nodes by row and position, those of most influence first. */
function cellsOf({ nodes }: Graph, shown: Uint8Array): Map<string, number[]> {
  const cells = new Map<string, number[]>();
  nodes.forEach(({ row, position }, i) => {
    if (shown[i] !== 1) return;
    const key = `${row} ${position}`;
    const cell = cells.get(key);
    if (cell) cell.push(i);
    else cells.set(key, [i]);
  });
  const order = (i: number) => nodes[i]?.cumulative ?? -(nodes[i]?.probability ?? 0);
  for (const cell of cells.values()) cell.sort((a, b) => order(a) - order(b) || a - b);
  return cells;
}

/** The first row is the lowest. */
function rowPlaces(rows: readonly string[], lines: readonly number[]) {
  const height = (row: number) => {
    const count = lines[row] ?? 0;
    return count > 0 ? count * SPACING + ROW.padding : ROW.empty;
  };
  const bottom = MARGIN.top + rows.reduce((sum, _, row) => sum + height(row), 0);
  let at = bottom;
  return {
    bottom,
    rows: rows.map((label, row) => {
      const place = { label, bottom: at, top: at - height(row) };
      at = place.top;
      return place;
    }),
  };
}

/** The node nearest to a place, within reach of it. */
export function nodeAt({ x, y }: GraphLayout, left: number, top: number, reach = 11): number | undefined {
  let best: number | undefined;
  let least = reach;
  for (let i = 0; i < x.length; i++) {
    const distance = Math.hypot((x[i] ?? NaN) - left, (y[i] ?? NaN) - top);
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

/** Where an arrow key leads: along the row, or to the nearest node of the next row that has any. */
export function walk(
  { nodes }: Graph,
  { x, y }: GraphLayout,
  from: number | undefined,
  key: string,
): number | undefined {
  const drawn = nodes.map((_, i) => i).filter((i) => Number.isFinite(x[i]));
  const at = from !== undefined && Number.isFinite(x[from]) ? from : undefined;
  if (at === undefined) return drawn.find((i) => nodes[i]?.isTarget) ?? drawn.at(-1);
  const rowOf = (i: number) => nodes[i]?.row ?? 0;
  const row = rowOf(at);
  const byPlace = (a: number, b: number) => (x[a] ?? 0) - (x[b] ?? 0) || (y[b] ?? 0) - (y[a] ?? 0) || a - b;
  const inRow = drawn.filter((i) => rowOf(i) === row).sort(byPlace);
  switch (key) {
    case "ArrowLeft":
      return inRow[Math.max(0, inRow.indexOf(at) - 1)];
    case "ArrowRight":
      return inRow[Math.min(inRow.length - 1, inRow.indexOf(at) + 1)];
    case "Home":
      return inRow[0];
    case "End":
      return inRow.at(-1);
    case "ArrowUp":
    case "ArrowDown": {
      const up = key === "ArrowUp" ? 1 : -1;
      const beyond = drawn.filter((i) => (rowOf(i) - row) * up > 0);
      const next = Math.min(...beyond.map((i) => (rowOf(i) - row) * up));
      const near = beyond.filter((i) => (rowOf(i) - row) * up === next);
      const far = (i: number) => Math.abs((x[i] ?? 0) - (x[at] ?? 0));
      return near.sort((a, b) => far(a) - far(b) || byPlace(a, b))[0] ?? at;
    }
    default:
      return undefined;
  }
}
