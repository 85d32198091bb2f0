/** The panel's numbers in words, tables and figures for paper. */
import { colourDomain, colourIndex, colourTable, cssColour, type ScaleKind } from "../../charts/colourScales";
import { leastScale } from "../../charts/fullScale";
import type { DataTable } from "../../charts/dataTable";
import { rasterOf } from "../../charts/heatmap/heatmap";
import { PAPER, round, svgFigure, svgText } from "../../charts/svg";
import { formatNumber, formatSigned } from "../../../client/format";
import type { Side } from "../../../client/sides";
import type { GlanceAnswer, HeadCard, MapAnswer, Question } from "./attention.svelte";
import { STAT_NAMES, STATS, statsDifference, type HeadStats } from "./headStats";

type Looks = Pick<Question, "measure" | "side">;

/** Weights and their norms are never negative; scores and differences are. */
export const scaleKind = ({ measure, side }: Looks): ScaleKind =>
  measure === "scores" || side === "difference" ? "signed" : "sequential";

/**
 * Weights are drawn from 0 to 1 so that heads and prompts compare; all else as far as it goes. Stretched: as far as the
 * later half of the queries goes, which have so many keys that each gets little.
 */
export function mapDomain(values: Float32Array, looks: Looks, stretched: boolean): readonly [number, number] {
  if (looks.measure === "pattern" && looks.side !== "difference" && !stretched) return [0, 1];
  const drawn = stretched ? values.subarray(Math.floor(values.length / 2)) : values;
  const least = looks.measure === "pattern" ? leastScale("attention") : 0;
  const [low, high] = colourDomain(drawn, scaleKind(looks), least);
  return scaleKind(looks) === "sequential" ? [0, high] : [low, high];
}

/** One scale for all heads. */
export function cardDomain(
  answer: Looks & Pick<GlanceAnswer, "cards">,
  stretched: boolean,
): readonly [number, number] {
  const domains = answer.cards.map(({ values }) => mapDomain(values, answer, stretched));
  const low = Math.min(...domains.map(([least]) => least));
  const high = Math.max(...domains.map(([, most]) => most));
  return domains.length > 0 ? [low, high] : [0, 1];
}

/** A head's numbers on a side. */
export function statsOf({ stats, baseline }: Pick<HeadCard, "stats" | "baseline">, side: Side): HeadStats {
  if (!baseline || side === "now") return stats;
  return side === "baseline" ? baseline : statsDifference(stats, baseline);
}

export const statWords = (value: number, side: Side) =>
  side === "difference" ? formatSigned(value, 3) : formatNumber(value, 3);

/** "head 1.2: previous token 0.981, first token 0.010, …". */
export function cardWords(card: HeadCard, side: Side): string {
  const stats = statsOf(card, side);
  const numbers = STATS.map((stat) => `${STAT_NAMES[stat]} ${statWords(stats[stat], side)}`);
  return `head ${card.layer}.${card.head}: ${numbers.join(", ")}`;
}

export function glanceTable({ cards, side }: Pick<GlanceAnswer, "cards" | "side">): DataTable {
  return {
    columns: [
      { name: "layer", numeric: true },
      { name: "head", numeric: true },
      ...STATS.map((stat) => ({ name: STAT_NAMES[stat], numeric: true })),
      { name: "queries with a repeated token", numeric: true },
    ],
    rows: cards.map((card) => {
      const stats = statsOf(card, side);
      return [card.layer, card.head, ...STATS.map((stat) => stats[stat]), stats.repeats];
    }),
  };
}

/** Index of the card with the largest value of each number: what the table marks. */
export function largest(cards: readonly HeadCard[], side: Side): Record<string, number> {
  return Object.fromEntries(
    STATS.map((stat) => {
      const sizes = cards.map((card) => Math.abs(statsOf(card, side)[stat]));
      const most = sizes.reduce((best, size) => (size > best ? size : best), -1);
      return [stat, sizes.indexOf(most)];
    }),
  );
}

export const mapName = ({ layer, head }: Pick<MapAnswer, "layer" | "head">) =>
  head === undefined ? `layer ${layer}, mean of heads` : `head ${layer}.${head}`;

/** A table of more queries would be hundreds of thousands of rows: it holds the chosen query alone. */
export const TABLE_QUERIES = 256;

/** Every cell that is there, as CSV and JSON hold it; of long prompts those of one query. */
export function mapTable(
  { values, tokens }: Pick<MapAnswer, "values" | "tokens">,
  chosen: number,
): DataTable {
  const n = tokens.length;
  const rows: (string | number)[][] = [];
  const [first, end] = n <= TABLE_QUERIES ? [0, n] : [chosen, chosen + 1];
  for (let query = first; query < end; query++) {
    for (let key = 0; key <= query; key++) {
      const value = values[query * n + key] ?? NaN;
      if (!Number.isNaN(value)) rows.push([query, tokens[query] ?? "", key, tokens[key] ?? "", value]);
    }
  }
  return {
    columns: [
      { name: "query", numeric: true },
      { name: "query token", numeric: false },
      { name: "key", numeric: true },
      { name: "key token", numeric: false },
      { name: "value", numeric: true },
    ],
    rows,
  };
}

const CELL = 92;
const PICTURE = 84;
const PER_LINE = 8;
/** A small multiple on paper has at most so many marks each way. */
const MARKS = 36;

/** All heads on paper: a row of pictures for every eight. */
export function glanceSvg(
  answer: GlanceAnswer,
  domain: readonly [number, number],
  title: string,
  caption: string,
): string {
  const { cards } = answer;
  const colours = colourTable(scaleKind(answer), "light");
  const pictures = cards.flatMap((card, i) => {
    const [left, top] = [12 + (i % PER_LINE) * CELL, Math.floor(i / PER_LINE) * (CELL + 14)];
    const raster = rasterOf(card, [0, card.rows], [0, card.cols], { width: MARKS, height: MARKS });
    const size = PICTURE / Math.max(raster.width, raster.height);
    const marks: string[] = [];
    raster.values.forEach((value, n) => {
      if (Number.isNaN(value)) return;
      const colour = cssColour(colours[colourIndex(value, domain)] ?? 0);
      const [x, y] = [left + (n % raster.width) * size, top + Math.floor(n / raster.width) * size];
      marks.push(
        `<rect x="${round(x)}" y="${round(y)}" width="${round(size + 0.2)}" height="${round(size + 0.2)}" fill="${colour}"/>`,
      );
    });
    const frame = `<rect x="${left}" y="${top}" width="${PICTURE}" height="${PICTURE}" fill="none" stroke="${PAPER.line}"/>`;
    const name = svgText(
      left + PICTURE / 2,
      top + PICTURE + 12,
      `${card.layer}.${card.head}`,
      'text-anchor="middle" font-size="11"',
    );
    return [...marks, frame, name];
  });
  const lines = Math.ceil(cards.length / PER_LINE);
  const ends = `Colours from ${formatNumber(domain[0])} to ${formatNumber(domain[1])}; queries down, keys to the right.`;
  const size = { width: 12 + Math.min(PER_LINE, cards.length) * CELL, height: lines * (CELL + 14) };
  return svgFigure({ title, caption: `${caption} · ${ends}`, ...size }, pictures);
}
