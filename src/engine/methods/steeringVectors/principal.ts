/**
 * The first principal component of n vectors of width d, by their n × n Gram matrix: n is small where d is the width of a
 * model. If G = D Dᵀ and G u = λ u, then Dᵀ u / √λ is the unit eigenvector of Dᵀ D with the same λ (the reference takes it
 * from Dᵀ D itself: principalReference.ts).
 */
import { noise } from "../../../random/noise";
import type { Centring } from "../../../protocol/steering";

export interface Principal {
  /** Unit length [d]; zeros where every vector is zero. */
  readonly direction: Float64Array;
  /** λ / trace: the share of the squares that lies along it. NaN where every vector is zero. */
  readonly explained: number;
  /** ‖G u − λ u‖ / λ. */
  readonly residual: number;
}

/** The iteration ends when u moves less than this, or after so many multiplications. */
const TOLERANCE = 1e-13;
const MOST_MULTIPLICATIONS = 4e8;
const LEAST_ITERATIONS = 200;
/** Squares below this share of the vectors' own are rounding. */
const ROUNDING = 1e-24;

export type Vectors = readonly Float64Array[];

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

export const norm = (a: ArrayLike<number>): number => Math.sqrt(dot(a, a));

export function meanOf(vectors: Vectors): Float64Array {
  const mean = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors)
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) + (vector[i] ?? 0) / vectors.length;
  return mean;
}

/** Around their mean, or as they are. */
export function centred(vectors: Vectors, centring: Centring): Vectors {
  if (centring === "none") return vectors;
  const mean = meanOf(vectors);
  return vectors.map((vector) => vector.map((value, i) => value - (mean[i] ?? 0)));
}

/** f64 [n, n], row-major. */
function gramOf(vectors: Vectors): Float64Array {
  const n = vectors.length;
  const gram = new Float64Array(n * n);
  for (const [i, a] of vectors.entries())
    for (let j = 0; j <= i; j++) gram[i * n + j] = gram[j * n + i] = dot(a, vectors[j] ?? a);
  return gram;
}

function times(matrix: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length;
  return vector.map((_, i) => dot(matrix.subarray(i * n, (i + 1) * n), vector));
}

const scaled = (vector: Float64Array, by: number) => vector.map((value) => value * by);

/** The eigenvector of the largest eigenvalue of a symmetric matrix without negative ones, by power iteration. */
function leading(matrix: Float64Array, n: number): { vector: Float64Array; value: number; residual: number } {
  const start = times(matrix, Float64Array.from(noise(n, 1)));
  let vector = scaled(start, 1 / norm(start));
  const most = Math.max(LEAST_ITERATIONS, MOST_MULTIPLICATIONS / (n * n));
  for (let i = 0; i < most; i++) {
    const next = times(matrix, vector);
    const unit = scaled(next, 1 / norm(next));
    const moved = norm(unit.map((value, k) => value - (vector[k] ?? 0)));
    vector = unit;
    if (moved < TOLERANCE) break;
  }
  const image = times(matrix, vector);
  const value = dot(vector, image);
  return { vector, value, residual: norm(image.map((one, k) => one - value * (vector[k] ?? 0))) / value };
}

export function principalComponent(vectors: Vectors, centring: Centring): Principal {
  const width = vectors[0]?.length ?? 0;
  const rows = centred(vectors, centring);
  const gram = gramOf(rows);
  const trace = rows.reduce((sum, row) => sum + dot(row, row), 0);
  const whole = vectors.reduce((sum, row) => sum + dot(row, row), 0);
  // Equal vectors leave nothing around their mean.
  if (trace <= ROUNDING * whole) return { direction: new Float64Array(width), explained: NaN, residual: NaN };
  const { vector, value, residual } = leading(gram, rows.length);
  const direction = new Float64Array(width);
  for (const [i, row] of rows.entries())
    for (let k = 0; k < width; k++) direction[k] = (direction[k] ?? 0) + (vector[i] ?? 0) * (row[k] ?? 0);
  return { direction: scaled(direction, 1 / norm(direction)), explained: value / trace, residual };
}
