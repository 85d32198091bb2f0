/**
 * For tests: a pullback against central differences of the forward reference, both in f64. References work on arrays of
 * either precision; only the types say f32.
 */
import { expect } from "vitest";
import { noise } from "../../random/noise";

/** Seeded numbers in f64, in the place of the f32 arrays that views are typed as. */
export function noise64(length: number, seed: number, scale = 1): Float32Array<ArrayBuffer> {
  return Float64Array.from(noise(length, seed, scale)) as unknown as Float32Array<ArrayBuffer>;
}

export const zeros64 = (length: number) => new Float64Array(length) as unknown as Float32Array<ArrayBuffer>;

interface Pullback {
  /** The outputs for these inputs. */
  readonly forward: (x: Float32Array) => Float32Array;
  readonly x: Float32Array;
  /** [scalars, outputs]. */
  readonly cotangent: Float32Array;
  /** [scalars, inputs]: what is tested. */
  readonly gradient: Float32Array;
  /** Of the largest entry. */
  readonly tolerance?: number;
}

/** Every entry of the gradient is that of d(cotangent · outputs) / d(inputs), to 1e-4 of the largest. */
export function expectPullback({ forward, x, cotangent, gradient, tolerance = 1e-4 }: Pullback): void {
  const outputs = forward(x).length;
  const scalars = cotangent.length / outputs;
  expect(gradient.length).toBe(scalars * x.length);
  const expected = new Float64Array(gradient.length);
  const at = Float64Array.from(x) as unknown as Float32Array;
  for (let i = 0; i < x.length; i++) {
    const value = at[i]!;
    const h = 1e-5 * Math.max(1, Math.abs(value));
    at[i] = value + h;
    const above = forward(at).slice();
    at[i] = value - h;
    const below = forward(at);
    at[i] = value;
    for (let s = 0; s < scalars; s++) {
      let sum = 0;
      for (let o = 0; o < outputs; o++) sum += cotangent[s * outputs + o]! * (above[o]! - below[o]!);
      expected[s * x.length + i] = sum / (2 * h);
    }
  }
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(largest).toBeGreaterThan(0);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - gradient[i]!)), 0);
  expect(worst / largest).toBeLessThan(tolerance);
}
