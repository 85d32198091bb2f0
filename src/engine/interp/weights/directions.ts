/** Directions read by weights alone: through the gain of a norm, and as the tokens that they raise and lower most. */
import type { WeightedTokens } from "../../../protocol/analysis";
import type { NormWeights } from "../../models/weightMap";

/** x times the gain of a norm; without a norm x itself. */
export function gained(
  x: Float32Array<ArrayBuffer>,
  norm: NormWeights | undefined,
  gain: Float32Array | undefined,
): Float32Array<ArrayBuffer> {
  return norm ? x.map((value, i) => value * ((gain?.[i] ?? 0) + norm.offset)) : x;
}

/** Less its mean, where the norm is a LayerNorm: taken off what it is given, or off the direction that reads it. */
export function centred(
  x: Float32Array<ArrayBuffer>,
  norm: NormWeights | undefined,
): Float32Array<ArrayBuffer> {
  if (norm?.kind !== "layer") return x;
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  return x.map((value) => value - mean);
}

export const norm2 = (x: Float32Array) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));

/**
 * What is raised (sign 1) or lowered (sign -1), most first, at most k. Where fewer than k lie on that side of zero the
 * list is shorter: a list of raised tokens names none that is lowered, or left as it is.
 */
export function beyondZero(values: Float32Array, k: number, sign: 1 | -1): WeightedTokens {
  const found = extremes(values, k, sign);
  const wrong = found.values.findIndex((value) => !(sign * value > 0));
  const end = wrong < 0 ? found.ids.length : wrong;
  return { ids: found.ids.slice(0, end), values: found.values.slice(0, end) };
}

/** The k largest (sign 1) or smallest (sign -1), most extreme first; ties go to the lower id. */
export function extremes(values: Float32Array, k: number, sign: 1 | -1): WeightedTokens {
  const best: number[] = [];
  const size = (id: number) => sign * (values[id] ?? NaN);
  for (let id = 0; id < values.length; id++) {
    const last = best[k - 1];
    if (last !== undefined && size(id) <= size(last)) continue;
    let at = Math.min(best.length, k - 1);
    for (; at > 0 && size(id) > size(best[at - 1] ?? 0); at--) best[at] = best[at - 1] ?? 0;
    best[at] = id;
  }
  return { ids: Uint32Array.from(best), values: Float32Array.from(best, (id) => values[id] ?? NaN) };
}
