/** Codes as lists, maps and tables: which latents are active where, how strongly, and how the edits changed that. */
import { NO_LATENT, type DecodeResult, type SpliceResult } from "../../../protocol/sae/features";
import type { DataTable } from "../../charts/dataTable";
import { formatNumber } from "../../../client/format";
import { codeAt, type Code } from "../../../client/sae/latentCode";
import type { Rank } from "./settings";

type LabelOf = (latent: number) => string | undefined;

export interface RankedLatent {
  readonly latent: number;
  /** At the one position, or the largest over the prompt (of largest size, of changes). */
  readonly value: number;
  readonly position: number;
}

/** The value of a latent at every position; 0 where it is not listed. */
export function valuesOf({ ids, values, listed }: Code, latent: number): Float32Array {
  const row = new Float32Array(ids.length / listed);
  ids.forEach((id, i) => {
    if (id === latent) row[Math.floor(i / listed)] = values[i] ?? 0;
  });
  return row;
}

/**
 * Latents of some positions, the strongest first. By change: now minus baseline, by size; a latent that is not active is 0.
 */
export function ranked(
  now: Code,
  baseline: Code | undefined,
  positions: readonly number[],
  rank: "value" | "change",
): RankedLatent[] {
  const best = new Map<number, RankedLatent>();
  for (const position of positions) {
    const own = codeAt(now, position);
    const before = baseline ? codeAt(baseline, position) : new Map<number, number>();
    const latents = rank === "change" ? new Set([...own.keys(), ...before.keys()]) : own.keys();
    for (const latent of latents) {
      const value = (own.get(latent) ?? 0) - (rank === "change" ? (before.get(latent) ?? 0) : 0);
      const known = best.get(latent);
      if (!known || Math.abs(value) > Math.abs(known.value)) best.set(latent, { latent, value, position });
    }
  }
  return [...best.values()]
    .filter(({ value }) => value !== 0)
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value) || a.latent - b.latent);
}

/** What was measured of a latent, beside its value. */
export type Measured = Partial<Pick<LatentRow, "gradient" | "direct" | "ablation">>;

/** A latent of some positions; what was not measured is NaN. */
export interface LatentRow extends Readonly<Record<Rank, number>> {
  readonly latent: number;
  /** Where its value is largest; of a latent that only the baseline has, where it changed most. */
  readonly position: number;
}

/** All latents of some positions, with or without edits, the largest by `rank` first; not measured ones last. */
export function latentRows(
  now: Code,
  baseline: Code | undefined,
  positions: readonly number[],
  effects: ReadonlyMap<number, Measured> | undefined,
  rank: Rank,
): LatentRow[] {
  const values = new Map(ranked(now, undefined, positions, "value").map((row) => [row.latent, row]));
  const changes = new Map(
    baseline && ranked(now, baseline, positions, "change").map((row) => [row.latent, row]),
  );
  const latents = rank === "change" ? changes.keys() : values.keys();
  const rows = [...latents].map((latent): LatentRow => {
    const [own, change, effect] = [values.get(latent), changes.get(latent), effects?.get(latent)];
    return {
      ...{ latent, value: own?.value ?? 0 },
      position: (rank === "change" ? change : own)?.position ?? 0,
      change: baseline ? (change?.value ?? 0) : NaN,
      gradient: effect?.gradient ?? NaN,
      ...{ direct: effect?.direct ?? NaN, ablation: effect?.ablation ?? NaN },
    };
  });
  const size = (row: LatentRow) => (Number.isNaN(row[rank]) ? -1 : Math.abs(row[rank]));
  return rows.sort((a, b) => size(b) - size(a) || b.value - a.value || a.latent - b.latent);
}

/** [latents, positions], row-major; 0 is left blank. */
export function mapOf(code: Code, latents: readonly number[]): Float32Array {
  const columns = code.ids.length / code.listed;
  const map = new Float32Array(latents.length * columns).fill(NaN);
  latents.forEach((latent, row) =>
    valuesOf(code, latent).forEach((value, column) => {
      if (value !== 0) map[row * columns + column] = value;
    }),
  );
  return map;
}

/** Means over the positions that count. */
export function qualityOf({ l0, cosines }: DecodeResult, isCounted: readonly boolean[]) {
  const mean = (values: Float32Array) => {
    const kept = Array.from(values).filter((_, i) => isCounted[i]);
    return kept.reduce((sum, value) => sum + value, 0) / kept.length;
  };
  return { l0: mean(l0), cosine: mean(cosines) };
}

/** "loss 0.433 as it is, 0.434 spliced, 8.18 with the site at zero". */
export const spliceWords = ({ clean, spliced, zero, kl, n }: SpliceResult) =>
  `loss ${formatNumber(clean)} as it is, ${formatNumber(spliced)} spliced, ${formatNumber(zero)} with the site at zero; KL ${formatNumber(kl)} nats; n = ${n} tokens`;

export const recoveredWords = ({ lossRecovered }: SpliceResult) =>
  Number.isNaN(lossRecovered) ? "not defined" : formatNumber(lossRecovered, 4);

/** Why there is no share; nothing where there is one. */
export function whyNotRecovered({ clean, zero, zeroError, lossRecovered, n }: SpliceResult): string {
  if (!Number.isNaN(lossRecovered)) return "";
  if (zero <= clean)
    return "On this text the model is no worse with the site at zero: there is no loss to recover a share of.";
  return `On this text zeroing the site costs ${formatNumber(zero - clean)} ± ${formatNumber(1.96 * zeroError)} nats (95 %, n = ${n} tokens): that may be nothing, and a share of it says nothing.`;
}

const numeric = (name: string) => ({ name, numeric: true });
const words = (name: string) => ({ name, numeric: false });

/** Every active latent of every position. */
export function codeTable(code: Code, tokens: readonly string[], labelOf: LabelOf): DataTable {
  const rows: (string | number)[][] = [];
  code.ids.forEach((latent, i) => {
    if (latent === NO_LATENT) return;
    const position = Math.floor(i / code.listed);
    rows.push([position, tokens[position] ?? "", latent, labelOf(latent) ?? "", code.values[i] ?? 0]);
  });
  const columns = [numeric("position"), words("token"), numeric("latent"), words("label"), numeric("value")];
  return { columns, rows };
}

/** Values of k to draw the curve at: doubling up to a few times the trained k. */
export function curveKs(trained: number, most: number): number[] {
  const ks = new Set([trained]);
  for (let k = 1; k <= Math.min(most, 4 * trained); k *= 2) ks.add(k);
  return [...ks].sort((a, b) => a - b);
}

/** Values along a text, with what they were without edits. */
export function alongTable(
  tokens: readonly string[],
  series: readonly { readonly name: string; readonly values: Float32Array | readonly number[] }[],
): DataTable {
  return {
    columns: [numeric("position"), words("token"), ...series.map(({ name }) => numeric(name))],
    rows: tokens.map((token, i) => [i, token, ...series.map(({ values }) => values[i] ?? NaN)]),
  };
}
