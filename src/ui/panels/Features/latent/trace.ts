/** What ablating a latent at one token does to every later token, as rows. */
import type { WeightedTokens } from "../../../../protocol/analysis";
import type { LatentTraceResult } from "../../../../protocol/sae/features";
import type { DataTable } from "../../../charts/dataTable";
import { formatSigned } from "../../../../client/format";
import type { TextOf } from "../../../../client/tokens/tokenTargets";
import { spaced } from "./weighted";

/** About one later token: the prediction that is made just before it. */
export interface TraceRow {
  /** Of the token that is predicted; one past the end for the prediction after the last token. */
  readonly position: number;
  readonly token: string;
  /** Nats: −log p ablated minus as it is; NaN after the end. */
  readonly lossChange: number;
  readonly kl: number;
  readonly up: readonly string[];
  readonly down: readonly string[];
}

export const BEFORE = "before the ablated token";
const AFTER_END = "(what comes next)";

/** Those that it raises, or lowers; no token where there is none. */
const voted = ({ ids, values }: WeightedTokens, textOf: TextOf) =>
  Array.from(ids, (id, i) => `${spaced(textOf(id))} ${formatSigned(values[i] ?? NaN)}`);

export function traceRows(result: LatentTraceResult, tokens: readonly string[], textOf: TextOf): TraceRow[] {
  const { positions, lossChange, kl, up, down } = result;
  const none = { ids: new Uint32Array(), values: new Float32Array() };
  return positions.map((at, i) => ({
    ...{ position: at + 1, token: tokens[at + 1] ?? AFTER_END },
    ...{ lossChange: lossChange[i] ?? NaN, kl: kl[i] ?? NaN },
    ...{ up: voted(up[i] ?? none, textOf), down: voted(down[i] ?? none, textOf) },
  }));
}

/** A number for each token of the text; NaN for those that were predicted before the ablation. */
export function alongText(rows: readonly TraceRow[], count: number, of: "lossChange" | "kl"): Float32Array {
  const values = new Float32Array(count).fill(NaN);
  for (const row of rows) if (row.position < count) values[row.position] = row[of];
  return values;
}

/** Ids of every token in the answer. */
export const tokensOf = ({ up, down }: LatentTraceResult): number[] =>
  [...up, ...down].flatMap(({ ids }) => [...ids]);

export function traceTable(rows: readonly TraceRow[], tokens: readonly string[]): DataTable {
  const first = rows[0]?.position ?? 0;
  const before = tokens.slice(0, first).map((token, i) => [i, token, BEFORE, NaN, NaN, "", ""]);
  const later = rows.map(({ position, token, lossChange, kl, up, down }) => [
    ...[position, token, "", lossChange, kl],
    ...[up.join(", "), down.join(", ")],
  ]);
  return {
    columns: [
      { name: "position", numeric: true },
      { name: "token", numeric: false },
      { name: "note", numeric: false },
      { name: "loss change, nats", numeric: true },
      { name: "KL, nats", numeric: true },
      { name: "voted up, logits", numeric: false },
      { name: "voted down, logits", numeric: false },
    ],
    rows: [...before, ...later],
  };
}
