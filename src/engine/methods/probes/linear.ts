/**
 * A logistic probe on all channels at once, by Newton's method in f64.
 *
 *   u = (x − mean) / standard deviation, by channel;  minimise  mean −log p(label | w · u + b) + ridge / 2 · ‖w‖²
 *
 * Each Newton step solves (Uᵀ S U / n + ridge) d = −gradient by conjugate gradients, S = p (1 − p): the matrix is never
 * formed, so that thousands of channels are no trouble. A step that does not help is halved (Nocedal and Wright 2006,
 * "Numerical Optimization", algorithm 7.1). Channels that do not vary have no weight.
 */
import type { Pauser } from "../../../protocol/cancel";
import { labelLoss, sigmoid } from "./single";

const MAX_STEPS = 100;
const MAX_HALVINGS = 40;
const CONVERGED = 1e-9;

export interface LinearFit {
  /** In units of the channels. */
  readonly weights: Float64Array;
  readonly bias: number;
}

export async function fitLinear(
  x: Float32Array,
  width: number,
  rows: readonly number[],
  labels: Uint8Array,
  ridge: number,
  pauser: Pauser,
): Promise<LinearFit> {
  const table = standardised(x, width, rows);
  const targets = rows.map((row) => labels[row] ?? 0);
  const n = rows.length;
  const share = targets.reduce((sum, label) => sum + label, 0) / n;
  // The last element is the bias.
  let theta = new Float64Array(width + 1);
  theta[width] = Math.log(share / (1 - share));
  let logits = table.times(theta);
  const penalty = (at: Float64Array) => (ridge / 2) * dot(at.subarray(0, width), at.subarray(0, width));
  const lossOf = (at: Float64Array, logits: Float64Array) =>
    logits.reduce((sum, logit, i) => sum + labelLoss(logit, targets[i] ?? 0), 0) / n + penalty(at);
  const withRidge = (sums: Float64Array, at: Float64Array) =>
    sums.map((sum, j) => sum / n + (j < width ? ridge * (at[j] ?? 0) : 0));

  let loss = lossOf(theta, logits);
  for (let step = 0; step < MAX_STEPS; step++) {
    await pauser.pause();
    const p = logits.map(sigmoid);
    const gradient = withRidge(table.transposedTimes(p.map((value, i) => value - (targets[i] ?? 0))), theta);
    const size = Math.sqrt(dot(gradient, gradient));
    if (!(size > CONVERGED)) break;
    const curve = p.map((value) => value * (1 - value));
    const hessian = (v: Float64Array) =>
      withRidge(table.transposedTimes(table.times(v).map((value, i) => value * (curve[i] ?? 0))), v);
    const direction = conjugateGradients(hessian, gradient, Math.min(0.1, Math.sqrt(size)) * size);
    const slope = dot(gradient, direction);
    const along = table.times(direction);
    let accepted = false;
    for (let t = 1, i = 0; i < MAX_HALVINGS && !accepted; t /= 2, i++) {
      const nextTheta = theta.map((value, j) => value + t * (direction[j] ?? 0));
      const nextLogits = logits.map((value, j) => value + t * (along[j] ?? 0));
      const next = lossOf(nextTheta, nextLogits);
      if (!(next <= loss + 1e-4 * t * slope)) continue;
      accepted = next < loss;
      [theta, logits, loss] = [nextTheta, nextLogits, next];
    }
    if (!accepted) break;
  }
  return table.inChannels(theta);
}

/** d with H d = −g, to a residual of `enough`. */
function conjugateGradients(
  hessian: (v: Float64Array) => Float64Array,
  gradient: Float64Array,
  enough: number,
): Float64Array {
  const d = new Float64Array(gradient.length);
  let residual = gradient.map((value) => -value);
  let along = residual;
  let squares = dot(residual, residual);
  for (let i = 0; i < 2 * gradient.length && Math.sqrt(squares) > enough; i++) {
    const product = hessian(along);
    const step = squares / dot(along, product);
    along.forEach((value, j) => (d[j] = (d[j] ?? 0) + step * value));
    residual = residual.map((value, j) => value - step * (product[j] ?? 0));
    const next = dot(residual, residual);
    const ratio = next / squares;
    along = residual.map((value, j) => value + ratio * (along[j] ?? 0));
    squares = next;
  }
  return d;
}

function standardised(x: Float32Array, width: number, rows: readonly number[]) {
  const lines = rows.map((row) => x.subarray(row * width, (row + 1) * width));
  const sumOver = (term: (value: number, j: number) => number) => {
    const sums = new Float64Array(width);
    for (const line of lines) line.forEach((value, j) => (sums[j] = (sums[j] ?? 0) + term(value, j)));
    return sums.map((sum) => sum / lines.length);
  };
  const mean = sumOver((value) => value);
  const perUnit = sumOver((value, j) => (value - (mean[j] ?? 0)) ** 2).map((square) =>
    square > 0 ? 1 / Math.sqrt(square) : 0,
  );
  const inChannels = (theta: Float64Array): LinearFit => {
    const weights = perUnit.map((unit, j) => unit * (theta[j] ?? 0));
    return { weights, bias: (theta[width] ?? 0) - dot(weights, mean) };
  };
  return {
    inChannels,
    /** Logits of every row. */
    times(theta: Float64Array): Float64Array {
      const fit = inChannels(theta);
      return Float64Array.from(lines, (line) => logitOf(fit, line));
    },
    /** Σ over rows of r · [u, 1]. */
    transposedTimes(r: Float64Array): Float64Array {
      const sums = new Float64Array(width + 1);
      let total = 0;
      for (const [i, line] of lines.entries()) {
        const factor = r[i] ?? 0;
        total += factor;
        for (let j = 0; j < width; j++) sums[j] = (sums[j] ?? 0) + factor * (line[j] ?? 0);
      }
      for (let j = 0; j < width; j++) {
        sums[j] = ((sums[j] ?? 0) - (mean[j] ?? 0) * total) * (perUnit[j] ?? 0);
      }
      sums[width] = total;
      return sums;
    },
  };
}

export function logitOf({ weights, bias }: LinearFit, row: Float32Array): number {
  let sum = bias;
  for (let j = 0; j < row.length; j++) sum += (weights[j] ?? 0) * (row[j] ?? 0);
  return sum;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
