/** Bars of a histogram: counts on a logarithmic axis, so that a few far values show beside many near ones. */
import { PAPER, round, svgFigure, svgText } from "./svg";
import type { DataTable } from "./dataTable";

export interface HistogramData {
  readonly counts: readonly number[];
  readonly min: number;
  readonly max: number;
}

/** 0 for none, 1 for the tallest; a single one is still seen. */
export function barHeights(counts: readonly number[]): number[] {
  const most = Math.log10(1 + Math.max(1, ...counts));
  return counts.map((count) => Math.log10(1 + count) / most);
}

/** Where a bin begins and ends. */
export function binEdges({ counts, min, max }: HistogramData, bin: number): readonly [number, number] {
  const width = (max - min) / counts.length;
  return [min + bin * width, bin === counts.length - 1 ? max : min + (bin + 1) * width];
}

/** Counts at which the axis has a line: powers of ten. */
export function countTicks(counts: readonly number[]): number[] {
  const most = Math.max(1, ...counts);
  return Array.from({ length: 1 + Math.floor(Math.log10(most)) }, (_, i) => 10 ** i);
}

export function histogramTable(data: HistogramData): DataTable {
  return {
    columns: ["from", "to", "elements"].map((name) => ({ name, numeric: true })),
    rows: data.counts.map((count, bin) => [...binEdges(data, bin), count]),
  };
}

const [WIDTH, HEIGHT, LEFT, BELOW] = [480, 160, 64, 44] as const;

export function histogramSvg(
  data: HistogramData,
  {
    title,
    caption,
    xTitle,
    format,
  }: { title: string; caption: string; xTitle: string; format: (value: number) => string },
): string {
  const { counts, min, max } = data;
  const heights = barHeights(counts);
  const width = WIDTH / counts.length;
  const most = Math.log10(1 + Math.max(1, ...counts));
  const muted = `font-size="11" fill="${PAPER.muted}"`;
  return svgFigure({ title, caption, width: LEFT + WIDTH + 24, height: HEIGHT + BELOW }, [
    ...countTicks(counts).map((count) => {
      const y = HEIGHT * (1 - Math.log10(1 + count) / most);
      const line = `<line x1="${LEFT}" x2="${LEFT + WIDTH}" y1="${round(y)}" y2="${round(y)}" stroke="${PAPER.line}"/>`;
      return line + svgText(LEFT - 6, y + 4, count.toLocaleString("en"), `text-anchor="end" ${muted}`);
    }),
    ...heights.map(
      (height, i) =>
        `<rect x="${round(LEFT + i * width)}" y="${round(HEIGHT * (1 - height))}" width="${round(width - 1)}" height="${round(HEIGHT * height)}" fill="#3c6e97"/>`,
    ),
    svgText(LEFT, HEIGHT + 16, format(min), muted),
    svgText(LEFT + WIDTH, HEIGHT + 16, format(max), `text-anchor="end" ${muted}`),
    svgText(LEFT + WIDTH / 2, HEIGHT + 34, xTitle, `text-anchor="middle" ${muted}`),
    svgText(
      0,
      0,
      "elements (log)",
      `transform="translate(14 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle" ${muted}`,
    ),
  ]);
}
