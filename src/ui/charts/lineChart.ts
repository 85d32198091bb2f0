/** Where the lines, ticks and labels of a line chart go: one point for each index of an axis that is counted. */
import { extent, nice, ticks } from "d3-array";
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";

export interface Series {
  readonly name: string;
  /** One for each index; what is not finite is a gap. */
  readonly values: Float32Array | readonly number[];
  readonly dashed?: boolean;
}

export interface LineData {
  readonly series: readonly Series[];
  /** Of each index; drawn where they fit. */
  readonly xLabels: readonly string[];
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
  readonly paths: readonly { readonly name: string; readonly dashed: boolean; readonly d: string }[];
  /** Points with gaps on both sides, which no line shows. */
  readonly dots: readonly { readonly series: number; readonly x: number; readonly y: number }[];
  readonly xTicks: readonly { readonly index: number; readonly x: number; readonly label: string }[];
  readonly yTicks: readonly { readonly value: number; readonly y: number; readonly text: string }[];
  /** Of the whole drawing. */
  readonly height: number;
  readonly x: (index: number) => number;
  readonly y: (value: number) => number;
  /** The index that is nearest to a place on the axis. */
  readonly indexAt: (x: number) => number;
}

/** A domain that ends on round numbers and is never empty. */
export function lineDomain(series: readonly Series[]): readonly [number, number] {
  let [low = Infinity, high = -Infinity] = [Infinity, -Infinity];
  for (const { values } of series) {
    const [least = Infinity, most = -Infinity] = extent(Array.from(values).filter(Number.isFinite));
    low = Math.min(low, least);
    high = Math.max(high, most);
  }
  if (low > high) return [0, 1];
  return low === high ? nice(low - 0.5, high + 0.5, Y_TICKS) : nice(low, high, Y_TICKS);
}

export function lineLayout({ series, xLabels }: LineData, width: number): LineLayout {
  const last = Math.max(1, xLabels.length - 1);
  const x = scaleLinear([0, last], [MARGIN.left, width - MARGIN.right]);
  const [low, high] = lineDomain(series);
  const y = scaleLinear([low, high], [BOTTOM, MARGIN.top]);
  const draw = line<number>(
    (_, index) => x(index),
    (value) => y(value),
  ).defined(Number.isFinite);
  const step = (width - MARGIN.left - MARGIN.right) / last;
  const longest = Math.max(...xLabels.map((label) => label.length), 0);
  const labelSpace = (Math.min(LABEL_CHARACTERS, longest) + 1) * LABEL_CHARACTER;
  const everyLabel = Math.ceil(labelSpace / Math.max(step, 1e-6));
  const fits = everyLabel <= MOST_SPARSE;
  const every = fits ? everyLabel : Math.ceil(TICK_SPACE / Math.max(step, 1e-6));
  const indices = ticks(0, last, Math.max(1, Math.floor((last + 1) / every))).filter(
    (index) => Number.isInteger(index) && index < xLabels.length,
  );
  const short = (text: string) =>
    text.length > LABEL_CHARACTERS ? `${text.slice(0, LABEL_CHARACTERS - 1)}…` : text;
  const format = y.tickFormat(Y_TICKS);
  return {
    paths: series.map(({ name, values, dashed = false }) => ({
      name,
      dashed,
      d: draw(Array.from(values)) ?? "",
    })),
    dots: series.flatMap(({ values }, i) =>
      Array.from(values).flatMap((value, index, all) => {
        const isAlone = !Number.isFinite(all[index - 1] ?? NaN) && !Number.isFinite(all[index + 1] ?? NaN);
        return Number.isFinite(value) && isAlone ? [{ series: i, x: x(index), y: y(value) }] : [];
      }),
    ),
    xTicks: indices.map((index) => ({ index, x: x(index), label: fits ? short(xLabels[index] ?? "") : "" })),
    yTicks: ticks(low, high, Y_TICKS).map((value) => ({
      value,
      y: y(value),
      text: format(value).replace("-", "−"),
    })),
    height: BOTTOM + BELOW + (fits ? LABEL_LINE : 0),
    x,
    y,
    indexAt: (at) => Math.max(0, Math.min(xLabels.length - 1, Math.round(x.invert(at)))),
  };
}
