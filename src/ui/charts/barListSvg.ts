/** Signed bars for paper: a line for each item, zero in one column, the value beside its bar. */
import { formatSigned } from "../../client/format";
import { leastScale } from "./fullScale";
import { highEnd, lowEnd, signedBar, signedDomain } from "./signedScale";
import { PAPER, round, svgFigure, svgText } from "./svg";

export interface BarItem {
  readonly id: string;
  readonly label: string;
  readonly value: number;
  /** A few words below: the value of another run. */
  readonly note?: string;
}

export interface BarFigure {
  readonly items: readonly BarItem[];
  readonly unit: string;
  readonly title: string;
  readonly caption: string;
  readonly format?: (value: number) => string;
  /** Values of what it is compared with: they share the axis. */
  readonly alongside?: readonly number[];
}

/** The axis of a list, no finer than matters in its unit. */
export const barDomain = (values: readonly number[], unit: string, alongside: readonly number[] = []) =>
  signedDomain([...values, ...alongside], leastScale(unit));

const ROW = 18;
const BARS = { left: 250, width: 320 } as const;
const VALUE = 650;
const MAX_LABEL = 34;
const SMALL = `font-size="11" fill="${PAPER.muted}"`;

export function barListSvg(figure: BarFigure): string {
  const { items, unit, title, caption, format = (value) => formatSigned(value, 3) } = figure;
  const values = items.map(({ value }) => value);
  const domain = barDomain(values, unit, figure.alongside);
  const { low, high } = domain;
  const at = (percent: number) => BARS.left + (percent / 100) * BARS.width;
  const zero = at(signedBar(0, low, high).zero);
  const top = 20;
  const bottom = top + items.length * ROW;
  const lines = items.flatMap(({ label, value }, i) => {
    const y = top + i * ROW;
    const { left, width } = signedBar(value, low, high);
    const text = label.length > MAX_LABEL ? `${label.slice(0, MAX_LABEL - 1)}…` : label;
    const size = Math.max(0.5, (width / 100) * BARS.width);
    return [
      svgText(BARS.left - 8, y + 13, text, 'font-family="monospace" font-size="11" text-anchor="end"'),
      `<rect x="${round(at(left))}" y="${y + 3}" width="${round(size)}" height="${ROW - 6}" fill="${value < 0 ? PAPER.lowers : PAPER.raises}"/>`,
      svgText(VALUE, y + 13, format(value), 'font-size="11" text-anchor="end"'),
    ];
  });
  return svgFigure({ title, caption, width: VALUE + 16, height: bottom + 4 }, [
    svgText(BARS.left, top - 6, format(lowEnd(domain)), SMALL),
    svgText(BARS.left + BARS.width, top - 6, format(highEnd(domain)), `${SMALL} text-anchor="end"`),
    svgText(VALUE, top - 6, unit, `${SMALL} text-anchor="end"`),
    ...lines,
    `<path d="M${round(zero)} ${top}V${bottom}" stroke="${PAPER.muted}"/>`,
  ]);
}
