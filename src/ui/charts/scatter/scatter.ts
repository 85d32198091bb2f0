/** Where the points, ticks and the diagonal of a plot go that holds one quantity against itself: both axes have one scale. */
import { extent, nice, ticks } from "d3-array";
import { scaleLinear } from "d3-scale";
import { leastScale } from "../fullScale";

export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  readonly name: string;
  /** How a point is drawn: a dot, a ring, or both. */
  readonly isFilled: boolean;
  readonly isRinged: boolean;
}

export interface ScatterData {
  readonly points: readonly ScatterPoint[];
  readonly xTitle: string;
  readonly yTitle: string;
  /** Of both axes: how small a range is drawn follows from it. */
  readonly unit: string;
  /** What a dot and a ring mean. */
  readonly filled: string;
  readonly ringed: string;
}

export const MARGIN = { top: 8, right: 16, bottom: 44, left: 62 } as const;
const TICKS = 4;
/** Of the square plot, px. */
const SIDES = { least: 150, most: 300 } as const;

export interface ScatterLayout {
  readonly width: number;
  readonly height: number;
  /** Of the plot. */
  readonly right: number;
  readonly bottom: number;
  readonly ticks: readonly { readonly x: number; readonly y: number; readonly text: string }[];
  readonly marks: readonly (ScatterPoint & { readonly left: number; readonly top: number })[];
}

/** Zero is on both axes. */
export function scatterLayout({ points, unit }: ScatterData, room: number): ScatterLayout {
  const side = Math.max(SIDES.least, Math.min(SIDES.most, room - MARGIN.left - MARGIN.right));
  const [low = 0, high = 0] = extent([0, ...points.flatMap(({ x, y }) => [x, y])].filter(Number.isFinite));
  const missing = Math.max(0, (leastScale(unit) || 1e-9) - (high - low));
  const domain = nice(low < 0 ? low - missing / 2 : low, high + (low < 0 ? missing / 2 : missing), TICKS);
  const [right, bottom] = [MARGIN.left + side, MARGIN.top + side];
  const x = scaleLinear(domain, [MARGIN.left, right]);
  const y = scaleLinear(domain, [bottom, MARGIN.top]);
  const format = x.tickFormat(TICKS);
  return {
    width: right + MARGIN.right,
    height: bottom + MARGIN.bottom,
    right,
    bottom,
    ticks: ticks(domain[0], domain[1], TICKS).map((value) => ({
      x: x(value),
      y: y(value),
      text: format(value).replace("-", "−"),
    })),
    marks: points.map((point) => ({ ...point, left: x(point.x), top: y(point.y) })),
  };
}

/** The point nearest to a place, within reach of it. */
export function nearestMark(
  { marks }: ScatterLayout,
  left: number,
  top: number,
  reach = 24,
): number | undefined {
  let best: number | undefined;
  let least = reach;
  marks.forEach((mark, i) => {
    const distance = Math.hypot(mark.left - left, mark.top - top);
    if (distance < least) [best, least] = [i, distance];
  });
  return best;
}
