/**
 * A sparse autoencoder on the device, in one form for all file layouts and variants. Encoder and decoder are both stored
 * by latent, so that a chunk of either holds whole latents.
 */
import type { SaeInputScheme } from "../../protocol/sae/sae";
import type { Device } from "../device/device";
import type { Kernel } from "../device/kernel";
import { compactRows } from "../kernels/compactRows/compactRows";
import { gatedLatents } from "../kernels/gatedLatents/gatedLatents";
import { jumpRelu } from "../kernels/jumpRelu/jumpRelu";
import {
  matmulSkinny,
  matmulSkinnyHalf,
  matmulTiled,
  matmulTiledHalf,
  matvec,
  matvecHalf,
} from "../kernels/matmul/matmul";
import { relu } from "../kernels/unary/unary";
import { saeCentre } from "../kernels/saeCentre/saeCentre";
import { saeRestore } from "../kernels/saeRestore/saeRestore";
import { saeStandardise } from "../kernels/saeStandardise/saeStandardise";
import { sparseDecode, sparseDecodeHalf } from "../kernels/sparseDecode/sparseDecode";
import { topKSelect } from "../kernels/topKSelect/topKSelect";
import type { Matrix, Vector } from "./weights";

export type SaeActivationWeights =
  | { readonly kind: "relu" }
  | { readonly kind: "topk"; readonly k: number }
  /** Latents at or below their threshold [nLatents] are 0; BatchTopK has the same for all. */
  | { readonly kind: "jumprelu" | "batchtopk"; readonly threshold: Vector }
  /** Its encoder has no bias; magnitudeScale = exp(r_mag). All [nLatents]. */
  | {
      readonly kind: "gated";
      readonly gateBias: Vector;
      readonly magnitudeScale: Vector;
      readonly magnitudeBias: Vector;
    };

export interface SaeWeights {
  /** [nLatents, dIn], f32 or f16. */
  readonly encoder: Matrix;
  /** [nLatents]. */
  readonly encoderBias?: Vector;
  /** [nLatents, dOut], f32 or f16. */
  readonly decoder: Matrix;
  /** [nLatents, (sites − 1) · dOut]: what a part of a cross-layer transcoder writes to later sites. */
  readonly laterDecoder?: Matrix;
  /** [dOut]. */
  readonly decoderBias: Vector;
  /** [dIn]: taken off the (normalised) input. */
  readonly inputBias?: Vector;
  /** [dOut, dIn]: a skip transcoder's path around the latents. */
  readonly skip?: Matrix;
  readonly input: SaeInputScheme;
  readonly activation: SaeActivationWeights;
}

const BY_PRECISION = {
  f32: [matvec, matmulSkinny, matmulTiled, sparseDecode],
  f16: [matvecHalf, matmulSkinnyHalf, matmulTiledHalf, sparseDecodeHalf],
} as const;

/** What encoding and decoding take, to compile while weights are read. */
export function saeKernels(precision: keyof typeof BY_PRECISION): readonly Kernel[] {
  const all = [
    ...[saeCentre, saeStandardise, saeRestore, relu, jumpRelu, gatedLatents, topKSelect, compactRows],
    ...BY_PRECISION[precision],
  ];
  return all as readonly unknown[] as readonly Kernel[];
}

export function freeSae(device: Device, sae: SaeWeights): void {
  const { encoder, decoder, laterDecoder, skip, encoderBias, decoderBias, inputBias, activation } = sae;
  const vectors = [encoderBias, decoderBias, inputBias];
  if (activation.kind === "jumprelu" || activation.kind === "batchtopk") vectors.push(activation.threshold);
  if (activation.kind === "gated") {
    vectors.push(activation.gateBias, activation.magnitudeScale, activation.magnitudeBias);
  }
  const chunks = [encoder, decoder, laterDecoder, skip].flatMap((matrix) => matrix?.chunks ?? []);
  // One vector may serve twice: the decoder's bias is often what is taken off the input.
  const buffers = new Set([...chunks, ...vectors].flatMap((part) => (part ? [part.buffer] : [])));
  buffers.forEach((buffer) => device.free(buffer));
}

/** The first latents as an autoencoder by itself: what a Matryoshka prefix is. Codes of the whole decode with it too. */
export function prefixOf(sae: SaeWeights, prefix: number): SaeWeights {
  const first = ({ shape, dtype, chunks }: Matrix): Matrix => ({
    shape: [prefix, shape[1]],
    dtype,
    // A chunk without rows gives the bias alone.
    chunks: chunks
      .filter(({ firstRow }) => firstRow < Math.max(1, prefix))
      .map((chunk) => ({ ...chunk, rows: Math.min(chunk.rows, prefix - chunk.firstRow) })),
  });
  return { ...sae, encoder: first(sae.encoder), decoder: first(sae.decoder) };
}
