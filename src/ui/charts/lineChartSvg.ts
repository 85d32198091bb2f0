/** A line chart for paper: title, axes with units, a legend in words, the caption. */
import { BOTTOM, lineLayout, MARGIN, type LineData } from "./lineChart";
import { escaped, PAPER, round, svgFigure, svgText } from "./svg";

const WIDTH = 640;
/** Of the series, in order and as on the screen: told apart by dashes too. */
const COLOURS = [PAPER.lowers, PAPER.raises, PAPER.muted, PAPER.ink];
const LEGEND_LINE = 18;
const SMALL = `font-size="11" fill="${PAPER.muted}"`;

export interface LineFigure extends LineData {
  readonly title: string;
  readonly caption: string;
}

export function lineChartSvg({ title, caption, ...data }: LineFigure): string {
  const { paths, dots, xTicks, yTicks, height } = lineLayout(data, WIDTH);
  const colour = (series: number) => {
    const own = paths[series]?.colour;
    return own ? PAPER[own] : (COLOURS[series % COLOURS.length] ?? PAPER.ink);
  };
  const style = (i: number, dashed: boolean) =>
    `fill="none" stroke="${colour(i)}" stroke-width="1.5"${dashed ? ' stroke-dasharray="5 3"' : ""}`;
  const middle = (MARGIN.left + WIDTH - MARGIN.right) / 2;
  const legendTop = height + 14;
  const drawing = [
    ...yTicks.flatMap(({ y, text }) => [
      `<path d="M${MARGIN.left} ${round(y)}H${WIDTH - MARGIN.right}" stroke="${PAPER.line}"/>`,
      svgText(MARGIN.left - 6, y + 4, text, `${SMALL} text-anchor="end"`),
    ]),
    ...xTicks.flatMap(({ x, name, label }) => [
      svgText(x, BOTTOM + 14, name, `${SMALL} text-anchor="middle"`),
      ...(label ? [svgText(x, BOTTOM + 27, label, `${SMALL} text-anchor="middle"`)] : []),
    ]),
    ...paths.map(({ d, dashed }, i) => `<path d="${d}" ${style(i, dashed)}/>`),
    ...dots.map(
      ({ series, x, y }) => `<circle cx="${round(x)}" cy="${round(y)}" r="2" fill="${colour(series)}"/>`,
    ),
    svgText(middle, height - 4, data.xTitle, `${SMALL} text-anchor="middle"`),
    `<text transform="translate(12 ${(MARGIN.top + BOTTOM) / 2}) rotate(-90)" ${SMALL} text-anchor="middle">${escaped(data.yTitle)}</text>`,
    ...paths.flatMap(({ name, dashed }, i) => {
      const y = legendTop + i * LEGEND_LINE;
      return [
        `<path d="M${MARGIN.left} ${y - 4}h24" ${style(i, dashed)}/>`,
        svgText(MARGIN.left + 32, y, name, 'font-size="12"'),
      ];
    }),
  ];
  return svgFigure(
    { title, caption, width: WIDTH, height: legendTop + paths.length * LEGEND_LINE - 8 },
    drawing,
  );
}
