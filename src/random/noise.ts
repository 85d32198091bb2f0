/** Seeded values in [-scale, scale), the same on every machine: inputs of tests and checks, weights of random models. */
import { lcg } from "./lcg";

export function noise(length: number, seed: number, scale = 1): Float32Array<ArrayBuffer> {
  const next = lcg(seed * 2654435761 + 1);
  return Float32Array.from({ length }, () => (next() / 2 ** 31 - 1) * scale);
}
