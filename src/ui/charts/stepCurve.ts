/** Where the points, ticks and line of a step curve go. */
import { ticks } from "d3-array";
import { line } from "d3-shape";

export const WIDTH = 420;
export const HEIGHT = 150;
export const MARGIN = { top: 8, right: 10, bottom: 34, left: 46 } as const;
const MAX_X_TICKS = 12;

export interface CurveLayout {
  readonly points: readonly {
    readonly index: number;
    readonly value: number;
    readonly x: number;
    readonly y: number;
  }[];
  readonly path: string;
  readonly xTicks: readonly { readonly value: number; readonly x: number }[];
  readonly yTicks: readonly { readonly value: number; readonly y: number }[];
}

/** A linear scale. d3-scale's also mixes colours and dates: too much for what loads before any model. */
const linear =
  ([low, high]: readonly [number, number], [from, to]: readonly [number, number]) =>
  (value: number) =>
    from + ((value - low) / (high - low)) * (to - from);

export function curveLayout(values: readonly number[], [low, high]: readonly [number, number]): CurveLayout {
  const last = Math.max(1, values.length - 1);
  const x = linear([0, last], [MARGIN.left, WIDTH - MARGIN.right]);
  const y = linear([low, high], [HEIGHT - MARGIN.bottom, MARGIN.top]);
  const points = values.map((value, index) => ({ index, value, x: x(index), y: y(value) }));
  const drawn = points.filter(({ value }) => Number.isFinite(value));
  const path =
    line<(typeof points)[number]>(
      (point) => point.x,
      (point) => point.y,
    )(drawn) ?? "";
  const whole = ticks(0, last, Math.min(last, MAX_X_TICKS)).filter(Number.isInteger);
  return {
    points: drawn,
    path,
    xTicks: whole.map((value) => ({ value, x: x(value) })),
    yTicks: ticks(low, high, 4).map((value) => ({ value, y: y(value) })),
  };
}
