/** What the panel shows of two runs, computed: curves over the aligned pairs, their table, the next tokens of one pair. */
import type { Prediction } from "../../../protocol/analysis";
import { BLOCK_SITES, MODEL_SITES, siteName, type Site } from "../../../protocol/sites";
import type { ModelInfo } from "../../../protocol/api";
import type { DataTable } from "../../charts/dataTable";
import type { Series } from "../../charts/lineChart";
import { tokenLabel } from "../../../client/tokens/tokenText";
import type { Pair } from "./align";
import type { Aligned, Compared } from "./compared";
import type { Curve } from "./settings";

export interface CurveView {
  readonly title: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
}

export function curveOf({ result }: Compared, curve: Curve): CurveView {
  const { kl, base, other, baseNext, otherNext } = result;
  switch (curve) {
    case "kl":
      return {
        title: "KL(left ‖ right) of the next-token distributions",
        yTitle: "KL, nats",
        series: [{ name: "KL(left ‖ right)", values: kl }],
      };
    case "logProb":
      return {
        title: "log p of the token that follows in its own text",
        yTitle: "log p, nats",
        series: [
          { name: "left", values: baseNext, colour: "sideA" },
          { name: "right", values: otherNext, dashed: true, colour: "sideB" },
          {
            ...{ name: "left − right", colour: "ink" },
            values: baseNext.map((value, i) => value - (otherNext[i] ?? NaN)),
          },
        ],
      };
    case "entropy":
      return {
        title: "Entropy of the next-token distributions",
        yTitle: "entropy, nats",
        series: [
          { name: "left", values: base.map(({ entropy }) => entropy), colour: "sideA" },
          { name: "right", values: other.map(({ entropy }) => entropy), dashed: true, colour: "sideB" },
        ],
      };
  }
}

/** Both tokens of a pair, once where they read the same. */
export function pairLabels({ left, right, pairs }: Aligned): string[] {
  return pairs.map(([l, r]) => {
    const [a, b] = [tokenLabel(left.tokens[l]?.text ?? ""), tokenLabel(right.tokens[r]?.text ?? "")];
    return a === b ? a : `${a} / ${b}`;
  });
}

/** Everything that was measured of the pairs, whichever curve is drawn. */
export function pairTable({ aligned, result }: Compared): DataTable {
  const { left, right, pairs } = aligned;
  const { kl, base, other, baseNext, otherNext } = result;
  const text = (name: string) => ({ name, numeric: false });
  const number = (name: string) => ({ name, numeric: true });
  return {
    columns: [
      ...[number("left position"), text("left token"), number("right position"), text("right token")],
      ...[number("KL, nats"), number("log p left"), number("log p right"), number("difference")],
      ...[number("entropy left"), number("entropy right")],
    ],
    rows: pairs.map(([l, r], i) => {
      const [a, b] = [baseNext[i] ?? NaN, otherNext[i] ?? NaN];
      return [
        ...[l, left.tokens[l]?.text ?? "", r, right.tokens[r]?.text ?? ""],
        ...[kl[i] ?? NaN, a, b, a - b, base[i]?.entropy ?? NaN, other[i]?.entropy ?? NaN],
      ];
    }),
  };
}

export interface NextRow {
  readonly text: string;
  /** Probabilities; where a list ends before the token, `isBelow` and the probability that it is at most. */
  readonly left: number;
  readonly right: number;
  readonly leftIsBelow: boolean;
  readonly rightIsBelow: boolean;
}

type Texts = ReadonlyMap<number, string>;

/** Token → probability of one list, most probable first. Tokens with the same text add up. */
function listed({ top }: Prediction, texts: Texts): { known: Map<string, number>; least: number } {
  const known = new Map<string, number>();
  let least = 1;
  for (const [i, id] of top.ids.entries()) {
    const text = texts.get(id);
    if (text === undefined) continue;
    least = Math.exp(top.logProbs[i] ?? -Infinity);
    known.set(text, (known.get(text) ?? 0) + least);
  }
  return { known, least };
}

/** The most probable next tokens of both sides, matched by text, by the larger of their probabilities. */
export function nextRows(
  [left, leftTexts]: readonly [Prediction, Texts],
  [right, rightTexts]: readonly [Prediction, Texts],
  count: number,
): NextRow[] {
  const [a, b] = [listed(left, leftTexts), listed(right, rightTexts)];
  const rows = [...new Set([...a.known.keys(), ...b.known.keys()])].map((text) => ({
    text,
    left: a.known.get(text) ?? a.least,
    right: b.known.get(text) ?? b.least,
    leftIsBelow: !a.known.has(text),
    rightIsBelow: !b.known.has(text),
  }));
  const size = (row: NextRow) => Math.max(row.leftIsBelow ? 0 : row.left, row.rightIsBelow ? 0 : row.right);
  return rows.sort((x, y) => size(y) - size(x)).slice(0, count);
}

/** Probabilities; what a list ends before is at most that of its last token, and says so. */
export function nextTable(rows: readonly NextRow[]): DataTable {
  const bounded = (value: number, isBelow: boolean) => (isBelow ? `<= ${value}` : value);
  return {
    columns: [
      { name: "token", numeric: false },
      ...["p left", "p right"].map((name) => ({ name, numeric: true })),
    ],
    rows: rows.map(({ text, left, leftIsBelow, right, rightIsBelow }) => [
      ...[text, bounded(left, leftIsBelow), bounded(right, rightIsBelow)],
    ]),
  };
}

/** Index of the pair whose token on one side is at `position`, or the nearest before it; the first if there is none. */
export function pairAt(pairs: readonly Pair[], side: 0 | 1, position: number): number {
  const after = pairs.findIndex((pair) => pair[side] > position);
  return after < 0 ? pairs.length - 1 : Math.max(0, after - 1);
}

/** `size` of `count` things around the one at `at`: first and end. */
export function pageAround(count: number, at: number, size: number): readonly [first: number, end: number] {
  const first = Math.max(0, Math.min(count - size, at - Math.floor(size / 2)));
  return [first, Math.min(count, first + size)];
}

export interface SiteOption {
  readonly name: string;
  readonly meaning: string;
}

/** Sites that both models have, without their layers, in the order of the forward pass. */
export function commonSites(a: ModelInfo, b: ModelInfo): SiteOption[] {
  const names = ({ sites }: ModelInfo) => sites.map((site) => siteName(site));
  const inBoth = new Set<string>(names(b));
  const docs: Readonly<Record<string, { readonly meaning: string }>> = { ...MODEL_SITES, ...BLOCK_SITES };
  return [...new Set<string>(names(a))]
    .filter((name) => inBoth.has(name))
    .map((name) => ({ name, meaning: docs[name]?.meaning ?? "" }));
}

export const isInBlock = (name: string) => Object.hasOwn(BLOCK_SITES, name);

/** The site of a layer, where it has one. */
export function siteOf(name: string, layer: number): Site {
  return isInBlock(name) ? `blocks.${layer}.${name}` : name;
}
