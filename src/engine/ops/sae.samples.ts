/**
 * Autoencoders with random weights, and the slow and obvious arithmetic that the ops are compared with: plain arrays, f64,
 * all latents. Tests on both devices and benchmarks use them.
 */
import type { Device } from "../device/device";
import { noise } from "../kernels/case";
import type { SaeInputScheme } from "../../protocol/sae/sae";
import type { SaeActivationWeights, SaeWeights } from "./saeWeights";
import type { Matrix, MatrixChunk, Vector } from "./weights";

type Floats = Float32Array<ArrayBuffer>;

export interface PlainSae {
  readonly dIn: number;
  readonly dOut: number;
  readonly nLatents: number;
  readonly encoder: Floats;
  readonly encoderBias: Floats;
  readonly decoder: Floats;
  readonly decoderBias: Floats;
  /** [nLatents, sites · dOut]: of a part of a cross-layer transcoder. */
  readonly laterDecoder?: Floats;
  readonly inputBias?: Floats;
  readonly skip?: Floats;
  readonly input: SaeInputScheme;
  readonly kind: SaeActivationWeights["kind"];
  readonly k: number;
  /** Of a threshold, or a gate's bias. */
  readonly threshold: Floats;
  readonly magnitudeScale: Floats;
  readonly magnitudeBias: Floats;
}

export interface Shape {
  readonly dIn: number;
  readonly dOut: number;
  readonly nLatents: number;
}

export function randomSae(
  { dIn, dOut, nLatents }: Shape,
  kind: PlainSae["kind"],
  options: {
    input?: SaeInputScheme;
    inputBias?: boolean;
    skip?: boolean;
    k?: number;
    /** Sites that latents write beside the first. */
    later?: number;
    precision?: "f32" | "f16";
  } = {},
): PlainSae {
  const { input = { scheme: "none" }, k = 8, later = 0, precision = "f32" } = options;
  const matrix = (rows: number, cols: number, seed: number) => {
    const values = noise(rows * cols, seed, 1 / Math.sqrt(cols));
    return precision === "f16" ? values.map(cutToHalf) : values;
  };
  return {
    ...{ dIn, dOut, nLatents, input, kind, k },
    encoder: matrix(nLatents, dIn, 11),
    encoderBias: noise(nLatents, 12, 0.1),
    decoder: matrix(nLatents, dOut, 13),
    ...(later > 0 ? { laterDecoder: matrix(nLatents, later * dOut, 20) } : {}),
    decoderBias: noise(dOut, 14, 0.5),
    ...(options.inputBias ? { inputBias: noise(dIn, 15, 0.5) } : {}),
    ...(options.skip ? { skip: noise(dOut * dIn, 16, 1 / Math.sqrt(dIn)) } : {}),
    threshold: noise(nLatents, 17, 0.3).map((value) => value + 0.2),
    magnitudeScale: noise(nLatents, 18, 0.5).map(Math.exp),
    magnitudeBias: noise(nLatents, 19, 0.3),
  };
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** Towards zero to a half, so that both sides multiply the same numbers; 0 for what is subnormal. */
function cutToHalf(value: number): number {
  float[0] = Math.abs(value) < 2 ** -14 ? 0 : value;
  bits[0]! &= 0xffffe000;
  return float[0]!;
}

/** Values that are halves, packed: two to a word, rows of whole words. */
function halvesOf(values: Floats, rows: number, cols: number): Uint32Array<ArrayBuffer> {
  const stride = Math.ceil(cols / 2) * 2;
  const halves = new Uint16Array(rows * stride);
  values.forEach((value, i) => {
    float[0] = value;
    const half = value === 0 ? 0 : ((bits[0]! >>> 13) & 0x3ffff) - (112 << 10);
    // The exponent's upper bits are gone with the subtraction; the sign is put back.
    halves[Math.floor(i / cols) * stride + (i % cols)] = (half & 0x7fff) | ((bits[0]! >>> 16) & 0x8000);
  });
  return new Uint32Array(halves.buffer);
}

/** The same on a device; `rowsPerChunk` cuts encoder and decoder as a small binding would. */
export function uploadSae(
  device: Device,
  sae: PlainSae,
  precision: "f32" | "f16" = "f32",
  rowsPerChunk = Infinity,
): SaeWeights {
  const vector = (data: Floats, label: string): Vector => {
    const buffer = device.allocate(data.byteLength, label);
    device.write(buffer, data);
    return { buffer, size: data.length };
  };
  const matrix = (data: Floats, rows: number, cols: number, label: string): Matrix => {
    const chunks: MatrixChunk[] = [];
    for (let firstRow = 0; firstRow < rows; firstRow += rowsPerChunk) {
      const count = Math.min(rowsPerChunk, rows - firstRow);
      const part = data.slice(firstRow * cols, (firstRow + count) * cols);
      const words = precision === "f16" ? halvesOf(part, count, cols) : part;
      const buffer = device.allocate(words.byteLength, label);
      device.write(buffer, words);
      chunks.push({ buffer, firstRow, rows: count });
    }
    return { shape: [rows, cols], dtype: precision, chunks };
  };
  const { dIn, dOut, nLatents, input, inputBias, laterDecoder, skip } = sae;
  const later = laterDecoder && laterDecoder.length / nLatents;
  return {
    encoder: matrix(sae.encoder, nLatents, dIn, "encoder"),
    ...(sae.kind === "gated" ? {} : { encoderBias: vector(sae.encoderBias, "encoderBias") }),
    decoder: matrix(sae.decoder, nLatents, dOut, "decoder"),
    ...(laterDecoder && later ? { laterDecoder: matrix(laterDecoder, nLatents, later, "laterDecoder") } : {}),
    decoderBias: vector(sae.decoderBias, "decoderBias"),
    ...(inputBias ? { inputBias: vector(inputBias, "inputBias") } : {}),
    ...(skip ? { skip: matrix(skip, dOut, dIn, "skip") } : {}),
    input,
    activation: activationOf(sae, vector),
  };
}

function activationOf(sae: PlainSae, vector: (data: Floats, label: string) => Vector): SaeActivationWeights {
  const { kind, k } = sae;
  if (kind === "topk") return { kind, k };
  if (kind === "relu") return { kind };
  if (kind !== "gated") return { kind, threshold: vector(sae.threshold, "threshold") };
  return {
    kind,
    gateBias: vector(sae.threshold, "gateBias"),
    magnitudeScale: vector(sae.magnitudeScale, "magnitudeScale"),
    magnitudeBias: vector(sae.magnitudeBias, "magnitudeBias"),
  };
}

/** One row → its latents (after the activation) and the output, from the latents as they are or changed. */
export function slowPass(
  sae: PlainSae,
  x: readonly number[],
  changed: (latents: readonly number[]) => readonly number[] = (latents) => latents,
): { latents: number[]; y: number[] } {
  const { dIn, dOut, nLatents, input, inputBias } = sae;
  const sumOver = (count: number, term: (i: number) => number) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += term(i);
    return sum;
  };
  let [shift, scale, eps] = [0, 1, 0];
  if (input.scheme === "rescale") scale = 1 / input.factor;
  if (input.scheme === "layerNorm") {
    shift = sumOver(dIn, (i) => x[i]! / dIn);
    scale = Math.sqrt(sumOver(dIn, (i) => (x[i]! - shift) ** 2) / (dIn - 1));
    eps = input.eps;
  }
  if (input.scheme === "unitMeanSquare") scale = Math.sqrt(sumOver(dIn, (i) => x[i]! ** 2) / dIn);
  const encoded = x.map((value, i) => (value - shift) / (scale + eps) - (inputBias?.[i] ?? 0));
  const bias = (l: number) => (sae.kind === "gated" ? 0 : sae.encoderBias[l]!);
  const a = Array.from(
    { length: nLatents },
    (_, l) => bias(l) + sumOver(dIn, (i) => sae.encoder[l * dIn + i]! * encoded[i]!),
  );
  const latents = activeOf(sae, a);
  const decoded = changed(latents);
  const y = Array.from({ length: dOut }, (_, c) => {
    const sum = sae.decoderBias[c]! + sumOver(nLatents, (l) => decoded[l]! * sae.decoder[l * dOut + c]!);
    return sum * scale + shift + (sae.skip ? sumOver(dIn, (i) => sae.skip![c * dIn + i]! * x[i]!) : 0);
  });
  return { latents, y };
}

function activeOf(sae: PlainSae, a: readonly number[]): number[] {
  const { kind, k, threshold, magnitudeScale, magnitudeBias } = sae;
  if (kind === "relu") return a.map((value) => Math.max(value, 0));
  if (kind === "gated") {
    return a.map((value, l) =>
      value + threshold[l]! > 0 ? Math.max(value * magnitudeScale[l]! + magnitudeBias[l]!, 0) : 0,
    );
  }
  if (kind !== "topk") return a.map((value, l) => (value > Math.max(threshold[l]!, 0) ? value : 0));
  const kept = new Set([...a.keys()].sort((b, c) => a[c]! - a[b]! || b - c).slice(0, k));
  return a.map((value, l) => (kept.has(l) ? Math.max(value, 0) : 0));
}
