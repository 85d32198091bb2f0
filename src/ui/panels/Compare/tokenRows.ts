/** The two rows of tokens as columns, with what is marked below each pair. */
import { leastScale } from "../../charts/fullScale";
import { formatNumber } from "../../../client/format";
import { tokenLabel } from "../../../client/tokens/tokenText";
import type { Aligned } from "./compared";

export interface TokenColumn {
  /** Index of its pair; -1 for a token without a partner. */
  readonly pair: number;
  readonly left: string | undefined;
  readonly right: string | undefined;
  /** The two do not read the same. */
  readonly differs: boolean;
  /** For those who hear the page. */
  readonly label: string;
  /** KL of the pair as a share of the largest, or of 0.1 nats where all are smaller. */
  readonly share: number;
}

/** For each column the index of its pair, or -1. */
export function pairsOfColumns({ columns }: Pick<Aligned, "columns">): number[] {
  let pair = 0;
  return columns.map(({ left, right }) => (left === undefined || right === undefined ? -1 : pair++));
}

/** The columns from `first` to `end`; `kl` of all pairs, once it is known. */
export function tokenColumns(
  aligned: Aligned,
  [first, end]: readonly [number, number],
  kl: Float32Array | undefined,
): TokenColumn[] {
  const pairs = pairsOfColumns(aligned);
  const least = leastScale("nats");
  const largest = kl ? kl.reduce((most, value) => (value > most ? value : most), least) : least;
  const text = (side: "left" | "right", at: number | undefined) =>
    at === undefined ? undefined : tokenLabel(aligned[side].tokens[at]?.text ?? "");
  return aligned.columns.slice(first, end).map((column, i) => {
    const pair = pairs[first + i] ?? -1;
    const [left, right] = [text("left", column.left), text("right", column.right)];
    const value = pair < 0 ? NaN : (kl?.[pair] ?? NaN);
    const measured = Number.isNaN(value) ? "" : `, KL ${formatNumber(value)} nats`;
    return {
      ...{ pair, left, right, differs: left !== right },
      label: `left ${left ?? "gap"}, right ${right ?? "gap"}${measured}`,
      share: value > 0 ? value / largest : 0,
    };
  });
}
