/**
 * Matrices of attention, [query, key], row-major. A query sees no later key: those cells are NaN, as are masked scores,
 * so that nothing is drawn where nothing is.
 *
 * Value-weighted: weight(q, k) · ‖v_k‖, with v of the key-value head that the query head reads (Kobayashi et al. 2020,
 * "Attention is Not Only a Weight", before the output projection).
 */

/** Cells that are not finite, or later than their query, become NaN. */
export function visible(matrix: Float32Array, n: number): Float32Array {
  const out = new Float32Array(matrix.length).fill(NaN);
  for (let query = 0; query < n; query++) {
    for (let key = 0; key <= query; key++) {
      const value = matrix[query * n + key] ?? NaN;
      if (Number.isFinite(value)) out[query * n + key] = value;
    }
  }
  return out;
}

/** Euclidean norm of each position's value, per key-value head: [kvHead][pos], of v [pos, kvHead, dHead]. */
export function valueNorms(
  v: Float32Array,
  [positions = 0, heads = 0, dHead = 0]: readonly number[],
): Float32Array[] {
  return Array.from({ length: heads }, (_, head) =>
    Float32Array.from({ length: positions }, (__, position) => {
      const first = (position * heads + head) * dHead;
      let sum = 0;
      for (let i = first; i < first + dHead; i++) sum += (v[i] ?? 0) ** 2;
      return Math.sqrt(sum);
    }),
  );
}

/** Which key-value head a query head reads. */
export const kvHeadOf = (head: number, nHeads: number, nKvHeads: number) =>
  Math.floor((head * nKvHeads) / nHeads);

export function weighted(pattern: Float32Array, norms: Float32Array): Float32Array {
  const n = norms.length;
  return pattern.map((weight, i) => weight * (norms[i % n] ?? NaN));
}

/** Adds one matrix to a running sum. */
export function addTo(sum: Float32Array | undefined, matrix: Float32Array, factor: number): Float32Array {
  if (!sum) return matrix.map((value) => value * factor);
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (matrix[i] ?? 0) * factor;
  return sum;
}

export const minus = (a: Float32Array, b: Float32Array) => a.map((value, i) => value - (b[i] ?? NaN));

/** Sums of the rows over what is visible; of a pattern they are 1. */
export function rowSums(matrix: Float32Array, n: number): Float32Array {
  const sums = new Float32Array(n);
  matrix.forEach((value, i) => {
    if (!Number.isNaN(value)) sums[Math.floor(i / n)] = (sums[Math.floor(i / n)] ?? 0) + value;
  });
  return sums;
}

/** The keys that a query looks at most, by size of the value. */
export function strongestKeys(matrix: Float32Array, n: number, query: number, count: number) {
  return Array.from(matrix.subarray(query * n, (query + 1) * n), (value, key) => ({ key, value }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value) || a.key - b.key)
    .slice(0, count);
}
