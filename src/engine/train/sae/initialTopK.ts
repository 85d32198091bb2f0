/**
 * Where a TopK autoencoder begins (Gao et al. 2024, appendix A.1, and the released code):
 *
 *   decoder   random rows of length 1
 *   encoder   the decoder's rows, scaled so that reconstructions of random unit vectors come out with length 1
 *   biases    the decoder's the geometric median of the targets, the encoder's 0
 *
 * A transcoder's encoder reads another space, so it begins with random rows of its own, scaled alike. No bias is taken off its input;
 * in its stead the encoder's begins as what takes the geometric median of the inputs off: without it, rows that point away from the
 * inputs' mean never fire.
 */
import { gaussian } from "../../../random/distributions";
import { Draws } from "../../../random/draws";

export interface InitialTopK {
  /** f32 [latents, dIn], [latents], [latents, dOut], [dOut]. */
  readonly encoder: Float32Array<ArrayBuffer>;
  readonly encoderBias: Float32Array<ArrayBuffer>;
  readonly decoder: Float32Array<ArrayBuffer>;
  readonly decoderBias: Float32Array<ArrayBuffer>;
}

export interface TopKShape {
  readonly nLatents: number;
  readonly k: number;
  readonly dIn: number;
  readonly dOut: number;
  /** It writes the site that it reads. */
  readonly isTied: boolean;
}

/** Rows that the median is taken over, and rounds of its iteration. */
const MEDIAN_ROWS = 4096;
const MEDIAN_ROUNDS = 30;
/** Random unit vectors that the encoder is scaled by. */
const PROBES = 256;

/** Rows of dIn and of dOut, as many as there are. */
export function initialTopK(
  shape: TopKShape,
  inputs: Float32Array,
  targets: Float32Array,
  seed: number,
): InitialTopK {
  const { nLatents, k, dIn, dOut, isTied } = shape;
  const draws = new Draws(seed);
  const decoder = unitRows(draws, nLatents, dOut);
  const encoder = isTied ? decoder.slice() : unitRows(draws, nLatents, dIn);
  const length = meanLength(encoder, decoder, unitRows(draws, PROBES, dIn), { k, dIn, dOut });
  const scaled = encoder.map((value) => value / length);
  return {
    encoder: scaled,
    encoderBias: isTied ? new Float32Array(nLatents) : awayFrom(geometricMedian(inputs, dIn), scaled),
    decoder,
    decoderBias: geometricMedian(targets, dOut),
  };
}

/** - W x of each row of W. */
function awayFrom(x: Float32Array, rows: Float32Array): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: rows.length / x.length }, (_, row) =>
    x.reduce((sum, value, c) => sum - value * (rows[row * x.length + c] ?? 0), 0),
  );
}

function unitRows(draws: Draws, rows: number, cols: number): Float32Array<ArrayBuffer> {
  const values = Float32Array.from({ length: rows * cols }, () => gaussian(1 - draws.next(), draws.next()));
  for (let first = 0; first < values.length; first += cols) {
    const row = values.subarray(first, first + cols);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    row.forEach((value, c) => (row[c] = value / length));
  }
  return values;
}

/** Mean length of what TopK makes of the probes, without biases. */
function meanLength(
  encoder: Float32Array,
  decoder: Float32Array,
  probes: Float32Array,
  { k, dIn, dOut }: { readonly k: number; readonly dIn: number; readonly dOut: number },
): number {
  const nLatents = encoder.length / dIn;
  let sum = 0;
  for (let probe = 0; probe < PROBES; probe++) {
    const x = probes.subarray(probe * dIn, (probe + 1) * dIn);
    const all = Array.from({ length: nLatents }, (_, latent) => {
      const row = encoder.subarray(latent * dIn, (latent + 1) * dIn);
      return [latent, row.reduce((total, value, c) => total + value * (x[c] ?? 0), 0)] as const;
    });
    const y = new Float64Array(dOut);
    for (const [latent, value] of all.sort(([, a], [, b]) => b - a).slice(0, k)) {
      if (value <= 0) break;
      for (let c = 0; c < dOut; c++) y[c] = (y[c] ?? 0) + value * (decoder[latent * dOut + c] ?? 0);
    }
    sum += Math.hypot(...y);
  }
  return sum / PROBES;
}

/** The point from which the sum of distances to the rows is least, by Weiszfeld's iteration (1937) from their mean. */
export function geometricMedian(rows: Float32Array, cols: number): Float32Array<ArrayBuffer> {
  const count = Math.min(MEDIAN_ROWS, rows.length / cols);
  let median = new Float64Array(cols);
  for (let round = 0; round <= MEDIAN_ROUNDS; round++) {
    const [next, total] = weightedMean(rows, cols, count, round === 0 ? undefined : median);
    median = next.map((value) => value / total);
  }
  return Float32Array.from(median);
}

/** Each row weighed by 1 / its distance from `from`; without it all alike. */
function weightedMean(rows: Float32Array, cols: number, count: number, from: Float64Array | undefined) {
  const sum = new Float64Array(cols);
  let total = 0;
  for (let row = 0; row < count; row++) {
    const first = row * cols;
    let square = 0;
    if (from) for (let c = 0; c < cols; c++) square += ((rows[first + c] ?? 0) - (from[c] ?? 0)) ** 2;
    const weight = from ? 1 / Math.max(1e-6, Math.sqrt(square)) : 1;
    for (let c = 0; c < cols; c++) sum[c] = (sum[c] ?? 0) + weight * (rows[first + c] ?? 0);
    total += weight;
  }
  return [sum, total] as const;
}
