/**
 * A norm whose scale is held fixed is a linear map. Here it is moved from the activations to the direction that reads
 * them: norm(x) · d = x · toInput(d) + bias · d, for the x whose scale it is. Sums in f64.
 */
import type { NormWeights } from "../../models/weightMap";

export interface FrozenNorm {
  /** What x is divided by. */
  readonly scale: number;
  /** The direction before the norm that reads what `direction` reads after it. */
  toInput(direction: Float64Array): Float64Array;
  /** What the norm's own bias adds along `direction`. */
  biasAlong(direction: Float64Array): number;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function mean(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] ?? 0;
  return sum / x.length;
}

/** The norm with its weights, at this scale. Without a norm: the identity. */
export function frozenNorm(
  norm: NormWeights | undefined,
  weight: Float32Array,
  bias: Float32Array,
  scale: number,
): FrozenNorm {
  if (norm === undefined) return { scale: 1, toInput: (direction) => direction, biasAlong: () => 0 };
  return {
    scale,
    toInput(direction) {
      const gained = direction.map((value, i) => value * ((weight[i] ?? 0) + norm.offset));
      const centre = norm.kind === "layer" ? mean(gained) : 0;
      return gained.map((value) => (value - centre) / scale);
    },
    biasAlong: (direction) => dot(bias, direction),
  };
}
