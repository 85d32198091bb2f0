/** A scatter for paper: title, axes with units, the diagonal, what dots and rings mean, the caption. */
import { MARGIN, scatterLayout, type ScatterData } from "./scatter";
import type { FigureWords } from "../figure";
import { escaped, PAPER, round, svgFigure, svgText } from "../svg";

const WIDTH = 400;
const SMALL = `font-size="11" fill="${PAPER.muted}"`;

export function scatterSvg({ title, caption, ...data }: ScatterData & FigureWords): string {
  const { width, height, right, bottom, ticks, marks } = scatterLayout(data, WIDTH);
  const dot = (x: number, y: number) =>
    `<circle cx="${round(x)}" cy="${round(y)}" r="3.5" fill="${PAPER.lowers}"/>`;
  const ring = (x: number, y: number) =>
    `<circle cx="${round(x)}" cy="${round(y)}" r="5.5" fill="none" stroke="${PAPER.ink}"/>`;
  const legend = height + 12;
  const drawing = [
    ...ticks.flatMap(({ x, y, text }) => [
      `<path d="M${MARGIN.left} ${round(y)}H${right}M${round(x)} ${MARGIN.top}V${bottom}" stroke="${PAPER.line}"/>`,
      svgText(MARGIN.left - 6, y + 4, text, `${SMALL} text-anchor="end"`),
      svgText(x, bottom + 15, text, `${SMALL} text-anchor="middle"`),
    ]),
    `<path d="M${MARGIN.left} ${bottom}L${right} ${MARGIN.top}" stroke="${PAPER.muted}" stroke-dasharray="5 3"/>`,
    ...marks.flatMap(({ left, top, isFilled, isRinged }) => [
      ...(isFilled ? [dot(left, top)] : []),
      ...(isRinged ? [ring(left, top)] : []),
    ]),
    svgText((MARGIN.left + right) / 2, height - 6, data.xTitle, `${SMALL} text-anchor="middle"`),
    `<text transform="translate(12 ${(MARGIN.top + bottom) / 2}) rotate(-90)" ${SMALL} text-anchor="middle">${escaped(data.yTitle)}</text>`,
    dot(MARGIN.left, legend),
    svgText(MARGIN.left + 12, legend + 4, data.filled, SMALL),
    ring(MARGIN.left, legend + 18),
    svgText(MARGIN.left + 12, legend + 22, data.ringed, SMALL),
  ];
  return svgFigure({ title, caption, width, height: height + 40 }, drawing);
}
