/**
 * Attention as lines from queries (right) to the keys they look at (left), over a window of positions: as strong as
 * the weight, none for less than a twentieth.
 */
import { PAPER, round, svgFigure, svgText } from "../../charts/svg";

export interface Line {
  readonly query: number;
  readonly key: number;
  /** From 0 to 1: how strongly it is drawn. */
  readonly strength: number;
  readonly value: number;
}

export interface LinesFigure {
  readonly tokens: readonly string[];
  readonly first: number;
  readonly end: number;
  readonly lines: readonly Line[];
  /** The query whose lines stand out. */
  readonly query: number;
}

/** Positions that are drawn at most. */
export const WINDOW = 32;
/** Of the strongest value: what is weaker is left out. */
export const WEAKEST = 0.05;

export const LINE_ROW = 18;
export const LINE_WIDTH = 480;
export const TEXT_WIDTH = 130;
const MAX_LABEL = 16;

export const lineLabel = (figure: LinesFigure, position: number) => {
  const text = figure.tokens[position] ?? "";
  return text.length > MAX_LABEL ? `${text.slice(0, MAX_LABEL - 1)}…` : text;
};

/** The window of positions around a query: it ends a little behind it. */
export function lineWindow(query: number, n: number): readonly [first: number, end: number] {
  const end = Math.min(n, Math.max(WINDOW, query + 5));
  return [Math.max(0, end - WINDOW), end];
}

/** `matrix` [n, n]; values are drawn in relation to `most`. */
export function linesOf(
  matrix: Float32Array,
  n: number,
  [first, end]: readonly [number, number],
  most: number,
): Line[] {
  const lines: Line[] = [];
  for (let query = first; query < end; query++) {
    for (let key = first; key <= query; key++) {
      const value = matrix[query * n + key] ?? NaN;
      const strength = Math.min(1, Math.abs(value) / most);
      if (strength >= WEAKEST) lines.push({ query, key, value, strength });
    }
  }
  // The strong ones are drawn last, on top.
  return lines.sort((a, b) => a.strength - b.strength);
}

/** Ends of a line in px. */
export function lineEnds({ first }: LinesFigure, { query, key }: Line) {
  const y = (position: number) => (position - first + 0.5) * LINE_ROW;
  return { x1: TEXT_WIDTH, y1: y(key), x2: LINE_WIDTH - TEXT_WIDTH, y2: y(query) };
}

export function linesSvg(figure: LinesFigure, title: string, caption: string): string {
  const { first, end, lines, query } = figure;
  const header = 16;
  const drawn = lines.map((line) => {
    const { x1, y1, x2, y2 } = lineEnds(figure, line);
    const colour = line.value < 0 ? PAPER.lowers : PAPER.raises;
    const stroke = line.query === query ? colour : PAPER.muted;
    return `<line x1="${round(x1)}" y1="${round(y1 + header)}" x2="${round(x2)}" y2="${round(y2 + header)}" stroke="${stroke}" stroke-width="${line.query === query ? 2 : 1}" stroke-opacity="${round(line.strength)}"/>`;
  });
  const labels = Array.from({ length: end - first }, (_, i) => {
    const y = (i + 0.5) * LINE_ROW + 4 + header;
    const text = lineLabel(figure, first + i);
    const mono = 'font-family="monospace" font-size="11"';
    const bold = first + i === query ? ' font-weight="700"' : "";
    return (
      svgText(TEXT_WIDTH - 6, y, text, `text-anchor="end" ${mono}`) +
      svgText(LINE_WIDTH - TEXT_WIDTH + 6, y, text, mono + bold)
    );
  });
  const heads = [
    svgText(TEXT_WIDTH - 6, 10, "key", `text-anchor="end" font-size="11" fill="${PAPER.muted}"`),
    svgText(LINE_WIDTH - TEXT_WIDTH + 6, 10, "query", `font-size="11" fill="${PAPER.muted}"`),
  ];
  const height = (end - first) * LINE_ROW + header;
  return svgFigure({ title, caption, width: LINE_WIDTH, height }, [...heads, ...drawn, ...labels]);
}
