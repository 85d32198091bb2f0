/**
 * How alike two models arrange the same things, whatever bases their activations stand in: linear centred kernel alignment
 * (Kornblith et al. 2019, arXiv 1905.00414), with the unbiased estimate of HSIC (Song et al. 2012; Nguyen et al. 2021,
 * arXiv 2010.15327), without which few rows of many elements look alike by themselves.
 *
 *   1. K = X Xᵀ and L = Y Yᵀ over the n rows, diagonals 0
 *   2. HSIC(K, L) = [tr(K L) + 1ᵀK1 · 1ᵀL1 / ((n − 1)(n − 2)) − 2 / (n − 2) · 1ᵀK L1] / (n (n − 3))
 *   3. HSIC(K, L) / √(HSIC(K, K) · HSIC(L, L)): 1 where one is the other rotated, shifted and scaled; about 0, also a
 *      little below, where they have nothing in common
 */

/** Fewer rows have no unbiased estimate. */
export const LEAST_ROWS = 4;

/** `x` and `y` hold n rows each, of any widths; NaN with fewer than four rows, or where one side is constant. */
export function linearCka(x: readonly Float32Array[], y: readonly Float32Array[]): number {
  if (x.length < LEAST_ROWS || x.length !== y.length) return NaN;
  const [k, l] = [gram(centred(x)), gram(centred(y))];
  const n = x.length;
  const scale = Math.sqrt(hsic(k, k, n) * hsic(l, l, n));
  return scale > 0 ? hsic(k, l, n) / scale : NaN;
}

/** Less the mean row: a shift leaves the estimate as it is, and large means would cost digits. */
function centred(rows: readonly Float32Array[]): Float64Array[] {
  const mean = new Float64Array(rows[0]?.length ?? 0);
  for (const row of rows)
    for (let i = 0; i < row.length; i++) mean[i] = (mean[i] ?? 0) + (row[i] ?? 0) / rows.length;
  return rows.map((row) => Float64Array.from(row, (value, i) => value - (mean[i] ?? 0)));
}

/** Row products [n, n], row-major, the diagonal 0. */
function gram(rows: readonly Float64Array[]): Float64Array {
  const n = rows.length;
  const products = new Float64Array(n * n);
  rows.forEach((a, i) =>
    rows.slice(0, i).forEach((b, j) => {
      const product = a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
      products[i * n + j] = products[j * n + i] = product;
    }),
  );
  return products;
}

function hsic(k: Float64Array, l: Float64Array, n: number): number {
  const sums = (matrix: Float64Array) =>
    Array.from({ length: n }, (_, i) => matrix.subarray(i * n, (i + 1) * n).reduce((sum, x) => sum + x, 0));
  const [rowsOfK, rowsOfL] = [sums(k), sums(l)];
  const total = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0);
  const trace = k.reduce((sum, value, i) => sum + value * (l[i] ?? 0), 0);
  const mixed = rowsOfK.reduce((sum, value, i) => sum + value * (rowsOfL[i] ?? 0), 0);
  const middle = (total(rowsOfK) * total(rowsOfL)) / ((n - 1) * (n - 2));
  return (trace + middle - (2 / (n - 2)) * mixed) / (n * (n - 3));
}
