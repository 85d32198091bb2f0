/** Reference of `sampleToken`: sorts, cuts, and takes the Gumbel maximum, in f64; the noise is the shader's own. */
import { gumbel } from "../../../random/distributions";
import { hashSeed, murmurMix } from "../../../random/hash";

interface Views {
  readonly logits: Float32Array;
  readonly ids: Uint32Array;
}

interface Params {
  readonly rows: number;
  readonly cols: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
  readonly step: number;
}

/** Uniform numbers in (0, 1), multiples of 2^-24, as a function of the token id: a hash, not a sequence. */
export function uniformNoise(seed: number, step: number, row: number): (id: number) => number {
  const a = murmurMix(murmurMix(hashSeed(seed) + step) + row);
  const b = murmurMix(a + 0x7f4a7c15);
  return (id) => Math.max(murmurMix(murmurMix(id ^ a) + b) >>> 8, 1) / 2 ** 24;
}

/** The ids that sampling may return: see the formula in sampleToken.wgsl. */
function keptIds(line: Float32Array, { temperature, topK, topP }: Params): number[] {
  const value = (id: number): number => line[id] ?? NaN;
  const all = [...line.keys()].filter((id) => !Number.isNaN(value(id)));
  const cutsCount = topK > 0 && topK < all.length;
  if (!cutsCount && topP >= 1) return all;
  const sorted = all.sort((a, b) => value(b) - value(a) || a - b).slice(0, cutsCount ? topK : undefined);
  if (topP >= 1) return sorted;
  const weights = sorted.map((id) => Math.exp((value(id) - value(sorted[0] ?? 0)) / temperature));
  const limit = topP * weights.reduce((sum, weight) => sum + weight, 0);
  let before = 0;
  let kept = 0;
  while (kept < sorted.length && (kept === 0 || before < limit)) {
    before += weights[kept] ?? 0;
    kept++;
  }
  return sorted.slice(0, kept);
}

export function sampleTokenReference({ logits, ids }: Views, params: Params): void {
  const { rows, cols, temperature, seed, step } = params;
  for (let row = 0; row < rows; row++) {
    const line = logits.subarray(row * cols, (row + 1) * cols);
    const noise = uniformNoise(seed, step, row);
    let best = 0;
    let highest = -Infinity;
    for (const id of keptIds(line, params)) {
      const score = (line[id] ?? NaN) / temperature + gumbel(noise(id));
      if (score > highest || (score === highest && id < best)) {
        best = id;
        highest = score;
      }
    }
    ids[row] = best;
  }
}
