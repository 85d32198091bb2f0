/** The two distributions for paper: a pair of bars for each token, now above baseline, on one axis. */
import { ticks } from "d3-array";
import { PAPER, round, svgFigure, svgText } from "../../charts/svg";
import { formatProbability, formatSigned } from "../../../client/format";
import type { DistributionRow } from "./view";

const WIDTH = 640;
const LEFT = 110;
const RIGHT = 170;
const ROW = 26;
const SMALL = `font-size="11" fill="${PAPER.muted}"`;
const NOW = "#3c6e97";
const BASELINE = "#b9c8d5";

export interface DistributionFigure {
  readonly title: string;
  readonly caption: string;
  readonly rows: readonly DistributionRow[];
  readonly end: number;
  readonly hasEdits: boolean;
  readonly nameOf: (id: number) => string;
}

export function distributionSvg({ title, caption, rows, end, hasEdits, nameOf }: DistributionFigure): string {
  const bottom = rows.length * ROW;
  const wide = WIDTH - LEFT - RIGHT;
  const bar = (y: number, height: number, logProb: number, colour: string) => {
    const width = Number.isFinite(logProb) ? (wide * Math.exp(logProb)) / end : 0;
    return `<rect x="${LEFT}" y="${round(y)}" width="${round(Math.max(0.5, width))}" height="${height}" fill="${colour}"/>`;
  };
  const numbers = ({ now, baseline }: DistributionRow) => {
    const own = formatProbability(Math.exp(now));
    if (!hasEdits) return own;
    return `${own}  (${formatProbability(Math.exp(baseline))}, Δ ${formatSigned(now - baseline)})`;
  };
  const drawing = [
    ...rows.flatMap((row, i) => {
      const y = i * ROW;
      return [
        svgText(LEFT - 8, y + 16, nameOf(row.id), 'text-anchor="end" font-family="monospace" font-size="12"'),
        bar(y + 5, hasEdits ? 9 : 14, row.now, NOW),
        ...(hasEdits ? [bar(y + 15, 6, row.baseline, BASELINE)] : []),
        svgText(WIDTH - RIGHT + 10, y + 16, numbers(row), 'font-size="12"'),
      ];
    }),
    ...ticks(0, end, 4).flatMap((tick) => {
      const x = LEFT + (wide * tick) / end;
      return [
        `<path d="M${round(x)} 0V${bottom}" stroke="${PAPER.line}"/>`,
        svgText(x, bottom + 14, String(tick), `${SMALL} text-anchor="middle"`),
      ];
    }),
    svgText(LEFT + wide / 2, bottom + 30, "probability", `${SMALL} text-anchor="middle"`),
    svgText(
      WIDTH - RIGHT + 10,
      bottom + 14,
      hasEdits ? "now (baseline, Δ log p in nats)" : "probability",
      SMALL,
    ),
    ...(hasEdits
      ? [
          `<rect x="${LEFT}" y="${bottom + 40}" width="14" height="9" fill="${NOW}"/>`,
          svgText(LEFT + 20, bottom + 49, "now, with the edits", SMALL),
          `<rect x="${LEFT + 150}" y="${bottom + 41}" width="14" height="6" fill="${BASELINE}"/>`,
          svgText(LEFT + 170, bottom + 49, "baseline, without", SMALL),
        ]
      : []),
  ];
  return svgFigure({ title, caption, width: WIDTH, height: bottom + (hasEdits ? 56 : 36) }, drawing);
}
