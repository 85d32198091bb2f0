/**
 * Sparse autoencoders: what a row of activations is made of, and back.
 *
 *   input   normalise x by the scheme, take off the input bias
 *   encode  a = W_enc input + b_enc;  latents = activation(a)
 *   decode  y = sum of active latents * their rows of W_dec + b_dec;  undo the scheme;  + W_skip x for a skip transcoder
 *
 * Codes are lists of (latent, value) for each row (`select.ts`), so that decoding reads active latents only. Rows are
 * encoded in batches that one buffer can hold: [rows, nLatents] is large.
 */
import type { Tensor, TensorMemory } from "../device/tensor";
import { denseDecode, denseDecodeHalf } from "../kernels/denseDecode/denseDecode";
import { gatedLatents } from "../kernels/gatedLatents/gatedLatents";
import { jumpRelu } from "../kernels/jumpRelu/jumpRelu";
import { saeCentre } from "../kernels/saeCentre/saeCentre";
import { saeRestore } from "../kernels/saeRestore/saeRestore";
import { saeStandardise } from "../kernels/saeStandardise/saeStandardise";
import { sparseDecode, sparseDecodeHalf } from "../kernels/sparseDecode/sparseDecode";
import { activation as elementwise, add, scale } from "./elementwise";
import { gatherRows } from "./embedding";
import { linear } from "./linear";
import type { SaeWeights } from "./saeWeights";
import { makeSlots, selectTop, type Slots } from "./select";
import type { Matrix, MatrixChunk, Vector } from "./weights";

/** Pre-activations that are kept at a time: enough rows to keep a device busy, and small beside the weights. */
const BATCH_BYTES = 64 * 1024 * 1024;
/** Batches are whole tiles of the matrix product. */
const TILE_ROWS = 64;

/** What the input's normalisation divided by and took off, f32 [rows, 2], for schemes that take it from each row. */
interface WithMoments {
  readonly moments?: Tensor;
}
export interface SaeCode extends Slots, WithMoments {}
export interface SaeLatents extends WithMoments {
  /** f32 [rows, nLatents]. */
  readonly latents: Tensor;
}

const SPARSE = { f32: sparseDecode, f16: sparseDecodeHalf } as const;
const DENSE = { f32: denseDecode, f16: denseDecodeHalf } as const;

/** x [rows, dIn] → the k largest latents of each row that are above 0: TopK, then ReLU. `k` may differ from the trained one. */
export function saeEncodeTopK(memory: TensorMemory, sae: SaeWeights, x: Tensor, k = trainedK(sae)): SaeCode {
  const [rows = 0] = x.shape;
  const slots = makeSlots(memory, rows, k);
  const moments = makeMoments(memory, sae, rows);
  memory.scope(() => {
    const input = saeInput(memory, sae, x, moments);
    for (const batch of rowBatches(memory, input, sae.encoder.shape[0])) {
      memory.scope(() => {
        const a = linear(memory, batch.rows, sae.encoder, sae.encoderBias);
        selectTop(memory, a, k, true, { slots, firstRow: batch.firstRow });
      });
    }
  });
  return { ...slots, ...(moments ? { moments } : {}) };
}

/** x [rows, dIn] → all latents: after the activation or, for TopK, before it. [rows, nLatents] must fit in a buffer. */
export function saeEncodeDense(memory: TensorMemory, sae: SaeWeights, x: Tensor): SaeLatents {
  const moments = makeMoments(memory, sae, x.shape[0] ?? 0);
  const latents = memory.scope(() => {
    const a = linear(memory, saeInput(memory, sae, x, moments), sae.encoder, sae.encoderBias);
    return activate(memory, sae, a);
  });
  return { latents, ...(moments ? { moments } : {}) };
}

export interface DecodeOptions {
  /** Only the first slots of each row: how good is the code with fewer latents? */
  readonly used?: number;
  /** [rows, dIn], as it was encoded: what a skip transcoder lets past. */
  readonly x?: Tensor;
}

/** A code → y [rows, dOut], reading the rows of active latents only. */
export function saeDecode(
  memory: TensorMemory,
  sae: SaeWeights,
  code: SaeCode,
  options: DecodeOptions = {},
): Tensor {
  const [rows = 0, width = 0] = code.ids.shape;
  const kernel = SPARSE[precisionOf(sae.decoder)];
  const used = Math.min(options.used ?? width, width);
  return decodeWith(memory, sae, rows, code.moments, options, (chunk, start, startStride, y) =>
    memory.device.run(
      kernel,
      { ids: code.ids.buffer, values: code.values.buffer, w: chunk.buffer, start, y: y.buffer },
      {
        ...{ rows, cols: sae.decoder.shape[1], width, used },
        ...{ firstRow: chunk.firstRow, tableRows: chunk.rows, startStride },
      },
    ),
  );
}

/** All latents [rows, nLatents] → y [rows, dOut]: right however many are active; what `saeDecode` is compared with. */
export function saeDecodeDense(
  memory: TensorMemory,
  sae: SaeWeights,
  { latents, moments }: SaeLatents,
  options: Omit<DecodeOptions, "used"> = {},
): Tensor {
  const [rows = 0, zStride = 0] = latents.shape;
  const kernel = DENSE[precisionOf(sae.decoder)];
  return decodeWith(memory, sae, rows, moments, options, (chunk, start, startStride, y) =>
    memory.device.run(
      kernel,
      { z: latents.buffer, w: chunk.buffer, start, y: y.buffer },
      {
        ...{ rows, inner: chunk.rows, cols: sae.decoder.shape[1] },
        ...{ zStride, zOffset: chunk.firstRow, startStride },
      },
    ),
  );
}

/** start [rows, dOut] + what the slots add up to, with neither bias nor normalisation. */
export function addLatents(
  memory: TensorMemory,
  { decoder }: SaeWeights,
  slots: Slots,
  start: Tensor,
): Tensor {
  const [rows = 0, width = 0] = slots.ids.shape;
  const cols = decoder.shape[1];
  const kernel = SPARSE[precisionOf(decoder)];
  return memory.scope(() =>
    decoder.chunks.reduce((sum, chunk) => {
      const y = memory.make(start.shape, "addLatents");
      memory.device.run(
        kernel,
        {
          ...{ ids: slots.ids.buffer, values: slots.values.buffer, w: chunk.buffer },
          ...{ start: sum.buffer, y: y.buffer },
        },
        {
          ...{ rows, cols, width, used: width },
          ...{ firstRow: chunk.firstRow, tableRows: chunk.rows, startStride: cols },
        },
      );
      return y;
    }, start),
  );
}

type Buffer = MatrixChunk["buffer"];

/** Chunk by chunk, each adding to what the one before gave, the first to the bias; then back to the input's units. */
function decodeWith(
  memory: TensorMemory,
  sae: SaeWeights,
  rows: number,
  moments: Tensor | undefined,
  { x }: DecodeOptions,
  run: (chunk: MatrixChunk, start: Buffer, startStride: number, y: Tensor) => void,
): Tensor {
  const { decoder, decoderBias, skip } = sae;
  if ((skip === undefined) !== (x === undefined)) {
    throw new Error(
      skip ? "a skip transcoder decodes with its input" : "only a skip transcoder decodes with its input",
    );
  }
  const cols = decoder.shape[1];
  return memory.scope(() => {
    let sum: Tensor | undefined;
    for (const chunk of decoder.chunks) {
      const y = memory.make([rows, cols], "saeDecode");
      const start = sum?.buffer ?? decoderBias.buffer;
      run(chunk, start, sum ? cols : 0, y);
      sum = y;
    }
    if (!sum) throw new Error("a decoder without latents");
    const y = restore(memory, sae, sum, moments);
    return skip && x ? add(memory, y, linear(memory, x, skip)) : y;
  });
}

function trainedK({ activation }: SaeWeights): number {
  if (activation.kind !== "topk")
    throw new Error(`saeEncodeTopK needs a k for a ${activation.kind} autoencoder`);
  return activation.k;
}

function precisionOf({ dtype }: Matrix): "f32" | "f16" {
  if (dtype === "q8") throw new Error("an autoencoder's weights are f32 or f16");
  return dtype;
}

function makeMoments(memory: TensorMemory, { input }: SaeWeights, rows: number): Tensor | undefined {
  const perRow = input.scheme === "layerNorm" || input.scheme === "unitMeanSquare";
  return perRow ? memory.make([rows, 2], "saeStandardise") : undefined;
}

/** x [rows, dIn] → what the encoder multiplies. */
function saeInput(memory: TensorMemory, sae: SaeWeights, x: Tensor, moments: Tensor | undefined): Tensor {
  const { input, inputBias } = sae;
  const [rows = 0, cols = 0] = x.shape;
  if (input.scheme === "none" && !inputBias) return x;
  const y = memory.make(x.shape, "saeInput");
  const buffers = { x: x.buffer, bias: (inputBias ?? x).buffer, y: y.buffer };
  const sizes = { rows, cols, hasBias: inputBias ? 1 : 0 };
  if (moments) {
    const centred = input.scheme === "layerNorm" ? 1 : 0;
    const eps = input.scheme === "layerNorm" ? input.eps : 0;
    memory.device.run(saeStandardise, { ...buffers, moments: moments.buffer }, { ...sizes, eps, centred });
  } else {
    const factor = input.scheme === "rescale" ? input.factor : 1;
    memory.device.run(saeCentre, buffers, { ...sizes, factor });
  }
  return y;
}

function restore(
  memory: TensorMemory,
  { input }: SaeWeights,
  y: Tensor,
  moments: Tensor | undefined,
): Tensor {
  if (input.scheme === "rescale") return scale(memory, y, 1 / input.factor);
  if (input.scheme === "none") return y;
  if (!moments) throw new Error(`${input.scheme} is undone with the moments of the input`);
  const [rows = 0, cols = 0] = y.shape;
  const restored = memory.make(y.shape, "saeRestore");
  memory.device.run(saeRestore, { x: y.buffer, moments: moments.buffer, y: restored.buffer }, { rows, cols });
  return restored;
}

function activate(memory: TensorMemory, { activation }: SaeWeights, a: Tensor): Tensor {
  if (activation.kind === "topk") return a;
  if (activation.kind === "relu") return elementwise(memory, a, "relu");
  if (activation.kind !== "gated") return aboveThresholds(memory, a, activation.threshold);
  const [rows = 0, cols = 0] = a.shape;
  const y = memory.make(a.shape, activation.kind);
  const { gateBias, magnitudeScale, magnitudeBias } = activation;
  const weights = { gateBias: gateBias.buffer, scale: magnitudeScale.buffer, bias: magnitudeBias.buffer };
  memory.device.run(gatedLatents, { x: a.buffer, ...weights, y: y.buffer }, { rows, cols });
  return y;
}

/** a [rows, nLatents] where it is above both its latent's threshold [nLatents] and 0; else 0. */
export function aboveThresholds(memory: TensorMemory, a: Tensor, thresholds: Pick<Vector, "buffer">): Tensor {
  const [rows = 0, cols = 0] = a.shape;
  const y = memory.make(a.shape, "aboveThresholds");
  memory.device.run(jumpRelu, { x: a.buffer, threshold: thresholds.buffer, y: y.buffer }, { rows, cols });
  return y;
}

/** x in as few pieces as let [rows, nLatents] stay within the batch size. */
function rowBatches(
  memory: TensorMemory,
  x: Tensor,
  nLatents: number,
): readonly { readonly rows: Tensor; readonly firstRow: number }[] {
  const [rows = 0] = x.shape;
  const fitting = Math.floor(Math.min(BATCH_BYTES, memory.device.limits.maxBufferBytes) / (nLatents * 4));
  const most = Math.max(1, fitting < TILE_ROWS ? fitting : fitting - (fitting % TILE_ROWS));
  if (rows <= most) return [{ rows: x, firstRow: 0 }];
  // All indices first: writing ends what is recorded.
  const starts = Array.from({ length: Math.ceil(rows / most) }, (_, n) => n * most);
  const indices = starts.map((firstRow) => {
    const list = Uint32Array.from({ length: Math.min(most, rows - firstRow) }, (_, i) => firstRow + i);
    return { firstRow, list: memory.from(list, [list.length], "rowBatches") };
  });
  return indices.map(({ firstRow, list }) => ({ firstRow, rows: gatherRows(memory, x, list) }));
}
