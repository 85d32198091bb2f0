/** Where curves with their bands, and values with their intervals, go on a small or a large sheet. */
import { escaped, PAPER, round, svgFigure, svgText } from "../../charts/svg";
import type { Score } from "../../../protocol/faithfulness";
import type { Plotted } from "./view";

export interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const SMALL: Sheet = { width: 132, height: 44, left: 3, right: 3, top: 3, bottom: 3 };
/** Its width is what there is. */
export const LARGE: Sheet = { width: 640, height: 230, left: 68, right: 14, top: 8, bottom: 40 };
export const TICKS = [0, 0.25, 0.5, 0.75, 1] as const;

export const xAt = ({ width, left, right }: Sheet, x: number) => round(left + x * (width - left - right));
export const yAt = ({ height, top, bottom }: Sheet, y: number) =>
  round(top + (1 - y) * (height - top - bottom));

export interface CurvePath {
  readonly name: string;
  readonly line: string;
  /** 95 %: a band where every point has the same problems behind it, else a bar at each point. */
  readonly band: string;
  readonly bars: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly note: string }[];
}

export function curvePaths(sheet: Sheet, curves: readonly Plotted[]): CurvePath[] {
  return curves.map(({ name, curve }) => {
    const { x, same, low, high, n } = curve;
    const at = (values: readonly number[]) =>
      x.map((place, i) => `${xAt(sheet, place)} ${yAt(sheet, values[i] ?? 0)}`);
    const isEven = n.every((count) => count === n[0]);
    return {
      name,
      line: `M${at(same).join("L")}`,
      band: isEven ? `M${[...at(high), ...at(low).reverse()].join("L")}Z` : "",
      bars: isEven
        ? ""
        : at(high)
            .map((end, i) => `M${end}L${at(low)[i]}`)
            .join(""),
      points: x.map((place, i) => ({
        x: xAt(sheet, place),
        y: yAt(sheet, same[i] ?? 0),
        note: `${name}: x ${place.toFixed(2)}, same answer ${(100 * (same[i] ?? NaN)).toFixed(1)} %, n ${n[i]}`,
      })),
    };
  });
}

/** The axis of values with their intervals: shares and areas 0 … 1, nats from 0 to the largest bound. */
export function extentOf(scores: readonly Score[]): readonly [number, number] {
  const bounds = scores.flatMap(({ low, high }) => [low, high]).filter(Number.isFinite);
  if (scores.every(({ unit }) => unit !== "nats")) return [0, 1];
  return [Math.min(0, ...bounds), Math.max(1, ...bounds)];
}

export interface IntervalMark {
  readonly x: number;
  readonly low: number;
  readonly high: number;
  readonly y: number;
}

export function intervalMarks(
  sheet: Sheet,
  scores: readonly (Score | undefined)[],
): (IntervalMark | undefined)[] {
  const [from, to] = extentOf(scores.filter((score) => score !== undefined));
  const at = (value: number) => xAt(sheet, (value - from) / (to - from));
  return scores.map((score, i) =>
    score && score.n > 0
      ? {
          ...{ x: at(score.value), low: at(score.low), high: at(score.high) },
          y: yAt(sheet, 1 - (i + 0.5) / scores.length),
        }
      : undefined,
  );
}

const COLOURS = [PAPER.sideA, PAPER.sideB];

/** For paper: curves with bands. */
export function curvesSvg(title: string, caption: string, curves: readonly Plotted[]): string {
  const sheet = LARGE;
  const axis = (x: number, y: number, words: string, extra: string) =>
    svgText(x, y, words, `font-size="11" fill="${PAPER.muted}" ${extra}`);
  const drawing = [
    ...TICKS.flatMap((tick) => [
      `<path d="M${sheet.left} ${yAt(sheet, tick)}H${sheet.width - sheet.right}" stroke="${PAPER.line}"/>`,
      axis(sheet.left - 6, yAt(sheet, tick) + 4, `${100 * tick} %`, 'text-anchor="end"'),
      axis(xAt(sheet, tick), sheet.height - sheet.bottom + 15, String(tick), 'text-anchor="middle"'),
    ]),
    ...curvePaths(sheet, curves).flatMap(({ line, band, bars }, i) => [
      ...(bars ? [`<path d="${bars}" stroke="${COLOURS[i % 2]}"/>`] : []),
      `<path d="${band}" fill="${COLOURS[i % 2]}" fill-opacity="0.15"/>`,
      `<path d="${line}" fill="none" stroke="${COLOURS[i % 2]}" stroke-width="1.5"${i > 0 ? ' stroke-dasharray="5 3"' : ""}/>`,
    ]),
    axis(
      (sheet.left + sheet.width) / 2,
      sheet.height - 6,
      curves[0]?.curve.xTitle ?? "",
      'text-anchor="middle"',
    ),
    `<text transform="translate(12 ${sheet.height / 2}) rotate(-90)" font-size="11" fill="${PAPER.muted}" text-anchor="middle">${escaped("same answer")}</text>`,
    ...curves.map(({ name }, i) =>
      svgText(
        sheet.left + 180 * i,
        sheet.height + 14,
        `${i > 0 ? "- - " : "— "}${name}`,
        `font-size="12" fill="${COLOURS[i % 2]}"`,
      ),
    ),
  ];
  return svgFigure({ title, caption, width: sheet.width, height: sheet.height + 18 }, drawing);
}

/** For paper: every row of the scorecard with its interval. */
export function scoresSvg(
  title: string,
  caption: string,
  rows: readonly {
    readonly name: string;
    readonly scores: readonly (Score | undefined)[];
    readonly texts: readonly string[];
  }[],
): string {
  const [height, left, width] = [38, 230, 700];
  const drawing = rows.flatMap(({ name, scores, texts }, row) => {
    const sheet: Sheet = { width: left + 240, height, left, right: 0, top: 4, bottom: 4 };
    const marks = intervalMarks(sheet, scores);
    const y = row * height;
    return [
      svgText(12, y + 22, name, 'font-size="12"'),
      `<path d="M${left} ${y + height}H${width}" stroke="${PAPER.line}"/>`,
      ...marks.flatMap((mark, i) => {
        if (!mark) return [];
        const colour = COLOURS[i % 2];
        const at = round(y + mark.y);
        return [
          `<path d="M${mark.low} ${at}H${mark.high}" stroke="${colour}"/>`,
          `<circle cx="${mark.x}" cy="${at}" r="3" fill="${i === 0 ? colour : "#fff"}" stroke="${colour}"/>`,
          svgText(left + 254, at + 4, texts[i] ?? "", `font-size="11" fill="${colour}"`),
        ];
      }),
    ];
  });
  return svgFigure({ title, caption, width, height: rows.length * height }, drawing);
}
