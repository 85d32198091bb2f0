/**
 * The columns whose probes have the least loss. Bounds come first, and columns are fitted in their order until no bound is
 * below the worst that is kept: the result is that of fitting all of them.
 */
import type { Pauser } from "../../../protocol/cancel";
import { fitSingle, monotoneBound, type Column, type SingleFit } from "./single";

/** Between pauses. */
const COLUMNS_AT_ONCE = 512;
/** A fit may end this much above its bound by rounding. */
const ROUNDING = 1e-12;

export interface Fitted extends SingleFit {
  readonly index: number;
}

export async function bestColumns(
  count: number,
  column: (index: number) => Column,
  ridge: number,
  kept: number,
  pauser: Pauser,
): Promise<{ readonly best: readonly Fitted[]; readonly fitted: number }> {
  const bounds = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    if (index % COLUMNS_AT_ONCE === 0) await pauser.pause();
    bounds[index] = monotoneBound(column(index));
  }
  const order = [...bounds.keys()].sort((a, b) => (bounds[a] ?? 0) - (bounds[b] ?? 0) || a - b);
  let best: Fitted[] = [];
  let fitted = 0;
  for (const index of order) {
    const worst = best.length < kept ? Infinity : (best.at(-1)?.loss ?? Infinity);
    if ((bounds[index] ?? 0) > worst + ROUNDING) break;
    if (++fitted % COLUMNS_AT_ONCE === 0) await pauser.pause();
    best.push({ index, ...fitSingle(column(index), ridge) });
    best = best.sort((a, b) => a.loss - b.loss || a.index - b.index).slice(0, kept);
  }
  return { best, fitted };
}

/** Columns of sparse codes [rows, width], for these rows and their labels. */
export function latentColumns(
  {
    ids,
    values,
    width,
  }: { readonly ids: Uint32Array; readonly values: Float32Array; readonly width: number },
  nLatents: number,
  rows: readonly number[],
  labels: Uint8Array,
): (latent: number) => Column {
  const starts = new Uint32Array(nLatents + 1);
  const each = (visit: (latent: number, value: number, label: number) => void) => {
    for (const row of rows) {
      for (let slot = row * width; slot < (row + 1) * width; slot++) {
        const [latent, value] = [ids[slot] ?? nLatents, values[slot] ?? 0];
        if (latent < nLatents && value !== 0) visit(latent, value, labels[row] ?? 0);
      }
    }
  };
  each((latent) => (starts[latent + 1] = (starts[latent + 1] ?? 0) + 1));
  for (let latent = 0; latent < nLatents; latent++) {
    starts[latent + 1] = (starts[latent + 1] ?? 0) + (starts[latent] ?? 0);
  }
  const next = starts.slice();
  const sorted = new Float64Array(starts[nLatents] ?? 0);
  const sortedLabels = new Uint8Array(sorted.length);
  each((latent, value, label) => {
    const at = next[latent] ?? 0;
    next[latent] = at + 1;
    sorted[at] = value;
    sortedLabels[at] = label;
  });
  const positives = rows.reduce((sum, row) => sum + (labels[row] ?? 0), 0);
  return (latent) => {
    const range = [starts[latent] ?? 0, starts[latent + 1] ?? 0] as const;
    const own = sortedLabels.subarray(...range);
    const zeros = {
      n: rows.length - own.length,
      positives: positives - own.reduce((sum, label) => sum + label, 0),
    };
    return { values: sorted.subarray(...range), labels: own, zeros };
  };
}

/** Columns of x [rows, width]. */
export function channelColumns(
  x: Float32Array,
  width: number,
  rows: readonly number[],
  labels: Uint8Array,
): (channel: number) => Column {
  const own = Uint8Array.from(rows, (row) => labels[row] ?? 0);
  return (channel) => ({
    values: Float64Array.from(rows, (row) => x[row * width + channel] ?? 0),
    labels: own,
    zeros: { n: 0, positives: 0 },
  });
}
