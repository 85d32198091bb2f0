/** Columns of bars as a figure for paper, all on one axis. */
import { highEnd, lowEnd, signedBar, signedDomain, signedEnd } from "./signedScale";
import { leastScale } from "./fullScale";
import { PAPER, round, svgFigure, svgText } from "./svg";
import { formatSigned } from "../../client/format";
import { barNumbers, type BarColumn } from "./barColumns";

const TEXT_WIDTH = 220;
const COLUMN = 150;
const BAR = 88;
const ROW = 22;
const TOP = 34;
const CHARACTERS = 30;

const clipped = (text: string) => (text.length > CHARACTERS ? `${text.slice(0, CHARACTERS - 1)}…` : text);

export function barColumnsSvg(
  list: readonly BarColumn[],
  steps: readonly string[],
  title: string,
  caption: string,
  unit: string,
): string {
  const domain = signedDomain(barNumbers(list), leastScale(unit));
  const { low, high } = domain;
  const muted = `font-size="11" fill="${PAPER.muted}"`;
  const head = list.flatMap(({ name }, column) => {
    const x = TEXT_WIDTH + column * COLUMN;
    return [
      svgText(x, 12, name, 'font-size="12"'),
      svgText(x, 27, formatSigned(lowEnd(domain), 1), muted),
      svgText(x + BAR, 27, formatSigned(highEnd(domain), 1), `${muted} text-anchor="end"`),
    ];
  });
  const rows = steps.flatMap((text, i) => {
    const y = TOP + i * ROW;
    return [
      svgText(12, y + 15, `${i + 1}  ${clipped(text.trim())}`, 'font-family="monospace" font-size="12"'),
      ...list.flatMap((one, column) => bar(one, i, TEXT_WIDTH + column * COLUMN, y, low, high)),
    ];
  });
  const width = TEXT_WIDTH + list.length * COLUMN;
  return svgFigure({ title, caption, width, height: TOP + steps.length * ROW }, [...head, ...rows]);
}

function bar(one: BarColumn, step: number, x: number, y: number, low: number, high: number): string[] {
  const value = one.values[step] ?? NaN;
  const { zero, left, width } = signedBar(value, low, high);
  const at = (percent: number) => round(x + (percent / 100) * BAR);
  const [from, to] = [one.low?.[step] ?? NaN, one.high?.[step] ?? NaN];
  const colour = value < 0 ? PAPER.lowers : PAPER.raises;
  return [
    `<line x1="${at(zero)}" x2="${at(zero)}" y1="${y}" y2="${y + ROW}" stroke="${PAPER.muted}"/>`,
    `<rect x="${at(left)}" y="${y + 4}" width="${round(Math.max(0.5, (width / 100) * BAR))}" height="12" fill="${colour}"/>`,
    ...(to > from
      ? [
          `<path d="M${at(signedEnd(from, low, high))} ${y + 10}H${at(signedEnd(to, low, high))}" stroke="${PAPER.ink}"/>`,
        ]
      : []),
    svgText(x + COLUMN - 14, y + 15, formatSigned(value), 'text-anchor="end" font-size="12"'),
  ];
}
