/**
 * Sparse autoencoders, slow and obvious: plain arrays, f64, every latent computed. What kernels and ops are compared with.
 *
 *   input    none:            u = x
 *            rescale:         u = x · factor                                         (Anthropic, April 2024 update)
 *            layerNorm:       u = (x − m) / (s + eps), s with Bessel's n − 1         (openai/sparse_autoencoder, SAELens)
 *            unitMeanSquare:  u = x · √dIn / ‖x‖                                     (SAELens constant_norm_rescale)
 *   encode   a = W_enc (u − inputBias) + encoderBias
 *   latents  relu:            z = max(a, 0)                                          (Bricken et al. 2023)
 *            topk:            z = max(a, 0) where a is among the k largest, ties to the lowest index; else 0
 *                             (Gao et al. 2024, arXiv:2406.04093: TopK on signed a, then ReLU)
 *            jumprelu:        z = max(a, 0) where a > threshold; else 0              (Rajamanoharan et al. 2024, arXiv:2407.14435)
 *            batchtopk:       the same, one threshold for all latents                (Bussmann et al. 2024, arXiv:2412.06410)
 *            gated:           z = max(a · magnitudeScale + magnitudeBias, 0) where a + gateBias > 0; else 0
 *                             (Rajamanoharan et al. 2024, arXiv:2404.16014)
 *   decode   y = Σ z_i W_dec[i] + decoderBias, over i below `prefix` for a Matryoshka autoencoder (Bussmann et al. 2025,
 *            arXiv:2503.17547); the scheme undone: y / factor, y · s + m, y · ‖x‖ / √dIn;
 *            + W_skip x for a skip transcoder (Paulo et al. 2025, arXiv:2501.18823), x as it came
 *
 * cross-layer transcoder of L layers (Ameisen et al. 2025, "Circuit tracing"), one part a layer:
 *            y_l = decoderBias_l + Σ over parts i ≤ l, latents j of z_ij W_dec_i[j, l − i]
 *
 * A NaN is never among the k largest.
 */
import type { SaeInputScheme } from "../../protocol/sae/sae";

type Numbers = ArrayLike<number>;

export type ReferenceActivation =
  | { readonly kind: "relu" }
  | { readonly kind: "topk"; readonly k: number }
  | { readonly kind: "jumprelu" | "batchtopk"; readonly threshold: Numbers }
  | {
      readonly kind: "gated";
      readonly gateBias: Numbers;
      readonly magnitudeScale: Numbers;
      readonly magnitudeBias: Numbers;
    };

export interface ReferenceSae {
  readonly dIn: number;
  readonly dOut: number;
  readonly nLatents: number;
  readonly input: SaeInputScheme;
  readonly inputBias?: Numbers;
  /** [nLatents, dIn], row-major. */
  readonly encoder: Numbers;
  readonly encoderBias?: Numbers;
  readonly activation: ReferenceActivation;
  /** [nLatents, dOut]. */
  readonly decoder: Numbers;
  readonly decoderBias: Numbers;
  /** A part of a cross-layer transcoder: [nLatents, (sites − 1) · dOut], the later sites side by side. */
  readonly laterDecoder?: Numbers;
  /** [dOut, dIn]. */
  readonly skip?: Numbers;
}

/** y = u' · scale + shift brings an output back into the units of x. */
interface Moments {
  readonly shift: number;
  readonly scale: number;
}

export interface ReferenceCode {
  /** Pre-activations a. */
  readonly a: readonly number[];
  readonly latents: readonly number[];
  readonly moments: Moments;
}

const at = (values: Numbers, i: number) => values[i] ?? NaN;

function sum(count: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}

export function encode(sae: ReferenceSae, x: Numbers): ReferenceCode {
  const { dIn, nLatents, encoder, encoderBias, inputBias } = sae;
  const { u, moments } = normalise(sae.input, x);
  const input = u.map((value, i) => value - (inputBias ? at(inputBias, i) : 0));
  const a = Array.from(
    { length: nLatents },
    (_, l) =>
      sum(dIn, (i) => at(encoder, l * dIn + i) * at(input, i)) + (encoderBias ? at(encoderBias, l) : 0),
  );
  return { a, latents: activate(sae.activation, a), moments };
}

function normalise(
  input: SaeInputScheme,
  x: Numbers,
): { readonly u: readonly number[]; readonly moments: Moments } {
  const d = x.length;
  const values = Array.from(x);
  switch (input.scheme) {
    case "none":
      return { u: values, moments: { shift: 0, scale: 1 } };
    case "rescale":
      return {
        u: values.map((value) => value * input.factor),
        moments: { shift: 0, scale: 1 / input.factor },
      };
    case "layerNorm": {
      const mean = sum(d, (i) => at(x, i)) / d;
      const std = Math.sqrt(sum(d, (i) => (at(x, i) - mean) ** 2) / (d - 1));
      const u = values.map((value) => (value - mean) / (std + input.eps));
      return { u, moments: { shift: mean, scale: std } };
    }
    case "unitMeanSquare": {
      const rms = Math.sqrt(sum(d, (i) => at(x, i) ** 2) / d);
      return { u: values.map((value) => value / rms), moments: { shift: 0, scale: rms } };
    }
  }
}

function activate(activation: ReferenceActivation, a: readonly number[]): readonly number[] {
  switch (activation.kind) {
    case "relu":
      return a.map((value) => Math.max(value, 0));
    case "topk": {
      const kept = new Set(largest(a, activation.k));
      return a.map((value, l) => (kept.has(l) ? Math.max(value, 0) : 0));
    }
    case "jumprelu":
    case "batchtopk":
      return a.map((value, l) => (value > at(activation.threshold, l) ? Math.max(value, 0) : 0));
    case "gated": {
      const { gateBias, magnitudeScale, magnitudeBias } = activation;
      return a.map((value, l) =>
        value + at(gateBias, l) > 0 ? Math.max(value * at(magnitudeScale, l) + at(magnitudeBias, l), 0) : 0,
      );
    }
  }
}

/** Indices of the k largest, largest first, ties to the lowest index. */
export function largest(values: readonly number[], k: number): readonly number[] {
  const candidates = [...values.keys()].filter((i) => !Number.isNaN(values[i]));
  // Not a difference: infinity − infinity is no number.
  candidates.sort((i, j) => {
    const [left, right] = [at(values, i), at(values, j)];
    return Number(right > left) - Number(left > right) || i - j;
  });
  return candidates.slice(0, k);
}

export interface ReferenceDecodeOptions {
  /** Only latents below this one. */
  readonly prefix?: number;
  /** What was encoded; a skip transcoder needs it. */
  readonly x?: Numbers;
}

export function decode(
  { dIn, dOut, nLatents, decoder, decoderBias, skip }: ReferenceSae,
  { latents, moments }: Pick<ReferenceCode, "latents" | "moments">,
  { prefix = nLatents, x }: ReferenceDecodeOptions = {},
): number[] {
  return Array.from({ length: dOut }, (_, c) => {
    const inUnits =
      sum(Math.min(prefix, nLatents), (l) => at(latents, l) * at(decoder, l * dOut + c)) + at(decoderBias, c);
    const past = skip ? sum(dIn, (i) => at(skip, c * dIn + i) * at(x ?? [], i)) : 0;
    return inUnits * moments.scale + moments.shift + past;
  });
}

/** Both at once. */
export function reconstruct(sae: ReferenceSae, x: Numbers, prefix?: number): number[] {
  return decode(sae, encode(sae, x), { x, ...(prefix === undefined ? {} : { prefix }) });
}

/** What a cross-layer transcoder makes of every layer's MLP output, from what its parts read: [layer][dIn] → [layer][dOut]. */
export function reconstructLayers(parts: readonly ReferenceSae[], xs: readonly Numbers[]): number[][] {
  const codes = parts.map((part, layer) => encode(part, xs[layer] ?? []).latents);
  return parts.map(({ dOut, decoderBias }, layer) =>
    Array.from({ length: dOut }, (_, c) => {
      const written = parts.slice(0, layer + 1).map((part, from) => {
        const width = (parts.length - from - 1) * dOut;
        const weight = (latent: number) =>
          from === layer
            ? at(part.decoder, latent * dOut + c)
            : at(part.laterDecoder ?? [], latent * width + (layer - from - 1) * dOut + c);
        return sum(part.nLatents, (latent) => at(codes[from] ?? [], latent) * weight(latent));
      });
      return at(decoderBias, c) + written.reduce((total, value) => total + value, 0);
    }),
  );
}

/**
 * Fraction of variance unexplained, or normalised mean squared error: Σ ‖x − y‖² / Σ ‖x − mean x‖², the mean over the
 * rows. 1 for predicting the mean, 0 for perfect reconstruction.
 */
export function fractionUnexplained(xs: readonly Numbers[], ys: readonly Numbers[]): number {
  const width = xs[0]?.length ?? 0;
  const mean = Array.from({ length: width }, (_, i) => sum(xs.length, (r) => at(xs[r] ?? [], i)) / xs.length);
  const squares = (others: (row: number) => Numbers) =>
    sum(xs.length, (r) => sum(width, (i) => (at(xs[r] ?? [], i) - at(others(r), i)) ** 2));
  return squares((r) => ys[r] ?? []) / squares(() => mean);
}
