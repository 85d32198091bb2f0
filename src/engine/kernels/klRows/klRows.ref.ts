/** Reference of `klRows`: the textbook's sum of p (log p - log q), in f64. Shapes in klRows.wgsl. */
interface Views {
  readonly pLogits: Float32Array;
  readonly qLogits: Float32Array;
  readonly pairs: Uint32Array;
  readonly kl: Float32Array;
}

interface Params {
  readonly count: number;
  readonly cols: number;
}

/** Logits below stand here: what they exclude has a price instead of an infinite one. */
const LOWEST = -1e30;

function logShares(logits: Float32Array): Float64Array {
  const bounded = Float64Array.from(logits, (logit) => Math.max(logit, LOWEST));
  const highest = bounded.reduce((best, logit) => Math.max(best, logit), LOWEST);
  const total = bounded.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
  return bounded.map((logit) => logit - highest - Math.log(total));
}

export function klRowsReference({ pLogits, qLogits, pairs, kl }: Views, { count, cols }: Params): void {
  const row = (logits: Float32Array, index = 0) => logits.subarray(index * cols, (index + 1) * cols);
  for (let n = 0; n < count; n++) {
    const logP = logShares(row(pLogits, pairs[2 * n]));
    const logQ = logShares(row(qLogits, pairs[2 * n + 1]));
    let sum = 0;
    for (let c = 0; c < cols; c++) {
      const p = Math.exp(logP[c] ?? 0);
      if (p > 0) sum += p * ((logP[c] ?? 0) - (logQ[c] ?? 0));
    }
    // Rounding may leave it a hair below zero.
    kl[n] = Math.max(0, sum);
  }
}
