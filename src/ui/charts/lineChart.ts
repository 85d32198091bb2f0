/** Where the lines, ticks and labels of a line chart go: one point for each index of an axis that is counted. */
import { extent, nice, ticks } from "d3-array";
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { leastScale } from "./fullScale";

export interface Series {
  readonly name: string;
  /** One for each index; what is not finite is a gap. */
  readonly values: Float32Array | readonly number[];
  readonly dashed?: boolean;
  /** Default: by its place. A side of a comparison has one colour in every chart. */
  readonly colour?: SeriesColour;
}

export type SeriesColour = "sideA" | "sideB" | "ink";

export interface LineData {
  readonly series: readonly Series[];
  /** Of each index; drawn where they fit. */
  readonly xLabels: readonly string[];
  /** What indices are called on the axis; default: their numbers. */
  readonly xNames?: readonly string[] | undefined;
  readonly xTitle: string;
  readonly yTitle: string;
}

/** Around the plot; below come its numbers, then labels where they fit, then the axis' name. */
export const MARGIN = { top: 8, right: 30, left: 58 } as const;
export const PLOT_HEIGHT = 156;
export const BOTTOM = MARGIN.top + PLOT_HEIGHT;
const BELOW = 34;
const LABEL_LINE = 13;
/** Space that a number, and a character of a label, take along the axis, in px. */
const TICK_SPACE = 46;
const LABEL_CHARACTER = 7.2;
const LABEL_CHARACTERS = 8;
/** Labels of fewer than one in so many indices say too little to be drawn. */
const MOST_SPARSE = 4;
const Y_TICKS = 4;

export interface LineLayout {
  readonly paths: readonly {
    readonly name: string;
    readonly dashed: boolean;
    readonly d: string;
    readonly colour: SeriesColour | undefined;
  }[];
  /** Points with gaps on both sides, which no line shows. */
  readonly dots: readonly { readonly series: number; readonly x: number; readonly y: number }[];
  readonly xTicks: readonly {
    readonly index: number;
    readonly name: string;
    readonly x: number;
    readonly label: string;
  }[];
  readonly yTicks: readonly { readonly value: number; readonly y: number; readonly text: string }[];
  /** Of the whole drawing. */
  readonly height: number;
  readonly x: (index: number) => number;
  readonly y: (value: number) => number;
  /** The index that is nearest to a place on the axis. */
  readonly indexAt: (x: number) => number;
}

/** Indices that are shown: from the first to before the end. */
export type Range = readonly [first: number, end: number];
/** Fewer are not zoomed into. */
export const FEWEST = 8;

/** The range twice as long (-1) or half as long (1), with `around` where it was. */
export function zoomed([first, end]: Range, by: 1 | -1, around: number, count: number): Range {
  const length = Math.max(Math.min(FEWEST, count), Math.min(count, Math.round((end - first) * 2 ** -by)));
  const share = (around - first) / Math.max(1, end - first);
  return moved([0, length], Math.round(around - share * length), count);
}

/** The range begun `by` indices later, within the axis. */
export function moved([first, end]: Range, by: number, count: number): Range {
  const length = end - first;
  const start = Math.max(0, Math.min(count - length, first + by));
  return [start, start + length];
}

/** A domain that ends on round numbers, is never empty, and spans at least `least`. */
export function lineDomain(series: readonly Series[], least = 0): readonly [number, number] {
  let [low = Infinity, high = -Infinity] = [Infinity, -Infinity];
  for (const { values } of series) {
    const [least = Infinity, most = -Infinity] = extent(Array.from(values).filter(Number.isFinite));
    low = Math.min(low, least);
    high = Math.max(high, most);
  }
  if (low > high) return [0, 1];
  if (high - low < least) {
    // Beside zero it begins there.
    if (low >= 0 && high <= least) return [0, least];
    if (high <= 0 && low >= -least) return [-least, 0];
    const middle = (low + high) / 2;
    return nice(middle - least / 2, middle + least / 2, Y_TICKS);
  }
  return low === high ? nice(low - 0.5, high + 0.5, Y_TICKS) : nice(low, high, Y_TICKS);
}

export function lineLayout(
  { series: all, xLabels, xNames, yTitle }: LineData,
  width: number,
  [from, end]: Range = [0, xLabels.length],
): LineLayout {
  const last = Math.max(from + 1, end - 1);
  const x = scaleLinear([from, last], [MARGIN.left, width - MARGIN.right]);
  const series = all.map(({ values, ...rest }) => ({ ...rest, values: Array.from(values).slice(from, end) }));
  const [low, high] = lineDomain(series, leastScale(yTitle));
  const y = scaleLinear([low, high], [BOTTOM, MARGIN.top]);
  const draw = line<number>(
    (_, index) => x(from + index),
    (value) => y(value),
  ).defined(Number.isFinite);
  const step = (width - MARGIN.left - MARGIN.right) / (last - from);
  const longest = Math.max(...xLabels.slice(from, end).map((label) => label.length), 0);
  const labelSpace = (Math.min(LABEL_CHARACTERS, longest) + 1) * LABEL_CHARACTER;
  const everyLabel = Math.ceil(labelSpace / Math.max(step, 1e-6));
  const fits = everyLabel <= MOST_SPARSE;
  const every = fits ? everyLabel : Math.ceil(TICK_SPACE / Math.max(step, 1e-6));
  const indices = ticks(from, last, Math.max(1, Math.floor((last - from + 1) / every))).filter(
    (index) => Number.isInteger(index) && index < end,
  );
  const short = (text: string) =>
    text.length > LABEL_CHARACTERS ? `${text.slice(0, LABEL_CHARACTERS - 1)}…` : text;
  const format = y.tickFormat(Y_TICKS);
  return {
    paths: series.map(({ name, values, dashed = false, colour }) => ({
      name,
      dashed,
      colour,
      d: draw(values) ?? "",
    })),
    dots: series.flatMap(({ values }, i) =>
      values.flatMap((value, index) => {
        const hasNeighbour = [values[index - 1], values[index + 1]].some(Number.isFinite);
        return Number.isFinite(value) && !hasNeighbour
          ? [{ series: i, x: x(from + index), y: y(value) }]
          : [];
      }),
    ),
    xTicks: indices.map((index) => ({
      ...{ index, name: xNames?.[index] ?? String(index), x: x(index) },
      label: fits ? short(xLabels[index] ?? "") : "",
    })),
    yTicks: ticks(low, high, Y_TICKS).map((value) => ({
      value,
      y: y(value),
      text: format(value).replace("-", "−"),
    })),
    height: BOTTOM + BELOW + (fits ? LABEL_LINE : 0),
    x,
    y,
    indexAt: (at) => Math.max(from, Math.min(end - 1, Math.round(x.invert(at)))),
  };
}
