/**
 * The best values of a fixed set of active latents, none below 0: minimise ‖t − Σ z_i d_i‖² over z ≥ 0.
 *
 *   one value at a time: z_i ← max(0, z_i + (c_i − Σ_j G_ij z_j) / G_ii),  G = d dᵀ,  c = d t;  in f64
 *
 * Coordinate descent on a convex function with bounds ends at its minimum (Tseng 2001). It stops when a whole round moves
 * no value by more than a part in 10⁹ of the target.
 */
const MAX_ROUNDS = 5000;
const CONVERGED = 1e-9;

export interface Refit {
  readonly values: Float64Array;
  /** ‖t − Σ z_i d_i‖² with the values as given, and with the new ones. */
  readonly before: number;
  readonly after: number;
  readonly converged: boolean;
}

/** `directions[i]` is d_i, as long as the target. */
export function refit(
  target: Float64Array,
  directions: readonly Float64Array[],
  values: readonly number[],
): Refit {
  const k = directions.length;
  const gram = directions.map((a) => Float64Array.from(directions, (b) => dot(a, b)));
  const linear = directions.map((direction) => dot(direction, target));
  const limit = CONVERGED * Math.sqrt(dot(target, target));
  const z = Float64Array.from(values);
  let converged = false;
  for (let round = 0; round < MAX_ROUNDS && !converged; round++) {
    let moved = 0;
    for (let i = 0; i < k; i++) {
      const row = gram[i];
      const norm = row?.[i] ?? 0;
      if (!row || norm === 0) continue;
      const old = z[i] ?? 0;
      const best = Math.max(0, old + ((linear[i] ?? 0) - dot(row, z)) / norm);
      z[i] = best;
      moved = Math.max(moved, Math.abs(best - old) * Math.sqrt(norm));
    }
    converged = moved <= limit;
  }
  return {
    values: z,
    before: squaredError(target, directions, values),
    after: squaredError(target, directions, z),
    converged,
  };
}

function squaredError(
  target: Float64Array,
  directions: readonly Float64Array[],
  values: ArrayLike<number>,
): number {
  const left = Float64Array.from(target);
  for (const [i, direction] of directions.entries()) {
    const value = values[i] ?? 0;
    for (let j = 0; j < left.length; j++) left[j] = (left[j] ?? 0) - value * (direction[j] ?? 0);
  }
  return dot(left, left);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
