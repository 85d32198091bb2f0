/** A corpus in words, and its densities as a histogram. */
import type { CorpusOverview } from "../../../../protocol/sae/features";
import type { HistogramData } from "../../../charts/histogram";
import type { HeldCorpus } from "../../../state/corpora.svelte";

/** "500 ledger problems from seed 1, 60,120 tokens in contexts of 128 with BOS". */
export function corpusWords({ name, tokensDone, tokens, contextSize, addBos }: HeldCorpus): string {
  const count = tokensDone.toLocaleString("en");
  const part = tokensDone < tokens ? `${count} of ${tokens.toLocaleString("en")}` : count;
  return `${name}, ${part} tokens in contexts of ${contextSize}${addBos ? " with BOS" : ""}`;
}

const BINS = 30;

/** log₁₀ of the density of the latents that are ever active. */
export function densityHistogram({ density }: Pick<CorpusOverview, "density">): HistogramData | undefined {
  const logs = Array.from(density)
    .filter((share) => share > 0)
    .map((share) => Math.log10(share));
  if (logs.length === 0) return undefined;
  const min = Math.min(-1, Math.floor(minOf(logs)));
  const counts = new Array<number>(BINS).fill(0);
  for (const log of logs) {
    const bin = Math.min(BINS - 1, Math.floor((BINS * (log - min)) / -min));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { counts, min, max: 0 };
}

/** Of a list that may be too long to be arguments. */
const minOf = (values: readonly number[]) =>
  values.reduce((least, value) => Math.min(least, value), Infinity);

export interface OverviewRow {
  readonly latent: number;
  readonly density: number;
  readonly max: number;
}

export const OVERVIEW_ORDERS = [
  "most often active",
  "least often active",
  "strongest",
  "never active",
] as const;
export type OverviewOrder = (typeof OVERVIEW_ORDERS)[number];

/** Latents by how often or how strongly they are active. */
export function overviewRows({ density, max }: CorpusOverview, order: OverviewOrder): OverviewRow[] {
  const rows = Array.from(density, (share, latent) => ({ latent, density: share, max: max[latent] ?? 0 }));
  if (order === "never active") return rows.filter((row) => row.density === 0);
  const active = rows.filter((row) => row.density > 0);
  const size = (row: OverviewRow) =>
    order === "strongest" ? -row.max : order === "most often active" ? -row.density : row.density;
  return active.sort((a, b) => size(a) - size(b) || a.latent - b.latent);
}
