/**
 * The slow version of principal.ts: the whole d × d matrix of squares, and all its eigenvectors by Jacobi's rotations
 * (Jacobi 1846; cyclic, Golub and Van Loan, section 8.5).
 */
import type { Centring } from "../../../protocol/steering";
import { centred, type Vectors } from "./principal";

const SWEEPS = 60;
const SMALL = 1e-26;

/** The unit eigenvector of the largest eigenvalue of Σ d dᵀ, and its share of the trace. */
export function principalReference(
  vectors: Vectors,
  centring: Centring,
): { direction: number[]; explained: number } {
  const rows = centred(vectors, centring);
  const width = rows[0]?.length ?? 0;
  const matrix = Array.from({ length: width }, (_, i) =>
    Array.from({ length: width }, (_, j) =>
      rows.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0),
    ),
  );
  const { values, vectors: found } = eigen(matrix);
  const trace = values.reduce((sum, value) => sum + value, 0);
  const best = values.indexOf(Math.max(...values));
  return { direction: found.map((row) => row[best] ?? 0), explained: (values[best] ?? NaN) / trace };
}

/** Eigenvalues of a symmetric matrix, and its eigenvectors as columns. */
export function eigen(symmetric: readonly (readonly number[])[]): { values: number[]; vectors: number[][] } {
  const n = symmetric.length;
  const a = symmetric.map((row) => [...row]);
  const v = a.map((_, i) => a.map((_, j) => (i === j ? 1 : 0)));
  const at = (m: number[][], i: number, j: number) => m[i]?.[j] ?? 0;
  const whole = a.flat().reduce((sum, x) => sum + x * x, 0);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += at(a, p, q) ** 2;
    if (off <= SMALL * whole) break;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, p, q);
  }
  return { values: a.map((row, i) => row[i] ?? 0), vectors: v };
}

/** Turns the plane of axes p and q so that a[p][q] becomes 0. */
function rotate(a: number[][], v: number[][], p: number, q: number): void {
  const [app, aqq, apq] = [a[p]?.[p] ?? 0, a[q]?.[q] ?? 0, a[p]?.[q] ?? 0];
  if (apq === 0) return;
  const theta = (aqq - app) / (2 * apq);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  const turnColumns = (m: number[][]) => {
    for (const row of m) {
      const [x, y] = [row[p] ?? 0, row[q] ?? 0];
      row[p] = c * x - s * y;
      row[q] = s * x + c * y;
    }
  };
  turnColumns(a);
  const [rowP, rowQ] = [[...(a[p] ?? [])], [...(a[q] ?? [])]];
  a[p] = rowP.map((x, k) => c * x - s * (rowQ[k] ?? 0));
  a[q] = rowP.map((x, k) => s * x + c * (rowQ[k] ?? 0));
  turnColumns(v);
}
