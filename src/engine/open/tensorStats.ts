/**
 * What a tensor's elements are like as a whole: moments, the largest, a histogram, the norm at each index of the first
 * axis. All sums are in f64. Elements that are not finite (masked scores, a broken model) are counted apart.
 */
import type { TensorStats } from "../../protocol/analysis";

/** How many of the largest |x| are named. */
export const OUTLIERS = 16;
export const HISTOGRAM_BINS = 40;

export function tensorStats(data: Float32Array, shape: readonly number[]): TensorStats {
  const [rows = 1] = shape;
  const width = data.length / Math.max(1, rows);
  const norms = new Float32Array(rows);
  let [count, sum, squares] = [0, 0, 0];
  let [min, max] = [Infinity, -Infinity];
  for (let row = 0; row < rows; row++) {
    let rowSquares = 0;
    for (let i = row * width; i < (row + 1) * width; i++) {
      const value = data[i] ?? NaN;
      if (!Number.isFinite(value)) continue;
      count++;
      sum += value;
      rowSquares += value * value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    norms[row] = Math.sqrt(rowSquares);
    squares += rowSquares;
  }
  const none = count === 0;
  const mean = none ? NaN : sum / count;
  return {
    count,
    mean,
    deviation: none ? NaN : deviationFrom(data, mean, count),
    min: none ? NaN : min,
    max: none ? NaN : max,
    norm: Math.sqrt(squares),
    notFinite: data.length - count,
    outliers: largest(data).map((i) => ({ at: indexAlongAxes(i, shape), value: data[i] ?? NaN })),
    histogram: histogram(data, min, max),
    norms,
  };
}

/** In a second pass: from sums alone, a small deviation of large numbers would drown in rounding. */
function deviationFrom(data: Float32Array, mean: number, count: number): number {
  let squares = 0;
  for (const value of data) if (Number.isFinite(value)) squares += (value - mean) ** 2;
  return Math.sqrt(squares / count);
}

/** Indices of the finite elements of largest |x|, largest first; equals in order of index. */
function largest(data: Float32Array): number[] {
  const found: number[] = [];
  const size = (i: number) => Math.abs(data[i] ?? 0);
  let least = -1;
  for (let i = 0; i < data.length; i++) {
    const own = size(i);
    if (!(own > least) || own === Infinity) continue;
    let place = found.length;
    while (place > 0 && size(found[place - 1] ?? 0) < own) place--;
    found.splice(place, 0, i);
    if (found.length > OUTLIERS) found.pop();
    if (found.length === OUTLIERS) least = size(found[OUTLIERS - 1] ?? 0);
  }
  return found;
}

function histogram(data: Float32Array, min: number, max: number): number[] {
  const bins = new Array<number>(HISTOGRAM_BINS).fill(0);
  if (min > max) return bins;
  const perUnit = max > min ? HISTOGRAM_BINS / (max - min) : 0;
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    const bin = Math.min(HISTOGRAM_BINS - 1, Math.floor((value - min) * perUnit));
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return bins;
}

/** Where an element of a row-major tensor is: its index along each axis. */
export function indexAlongAxes(index: number, shape: readonly number[]): number[] {
  const at: number[] = [];
  for (const size of shape.toReversed()) {
    at.unshift(index % size);
    index = Math.floor(index / size);
  }
  return at;
}
