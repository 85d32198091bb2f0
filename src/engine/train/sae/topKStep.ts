/**
 * One step of learning of a TopK autoencoder, or of a transcoder (Gao et al. 2024, arXiv:2406.04093, and its released code):
 *
 *   1. a = W_enc (x - b) + b_enc;  z = ReLU of the k largest a;  y = z W_dec + b_dec;  b = b_dec for an autoencoder, 0 for a
 *      transcoder
 *   2. loss = scale · mean of (y - target)²; `scale` = 1 / variance of the targets, so that 1 is what their mean would give
 *   3. gradients by hand: only the k latents of a row have any, so sums go over the rows that use a latent
 *   4. AuxK: latents that were silent for a while code what is left, e = target - y, by the `auxK` largest of theirs; its loss is
 *      the share of the variance of e that they leave, times `auxWeight`; e itself has no gradient
 *   5. all gradients are shortened together to `clip`, and AdamW moves the parameters; decoder rows stay of length 1
 *
 * What decides 4 and 5 is read back from the device in between: one read a step, two where latents are silent.
 */
import type { Tensor, TensorMemory } from "../../device/tensor";
import { readBack, type Later } from "../../interp/pass/readBack";
import { adamStep, type AdamSettings, type Parameter } from "../../optim/adamW";
import { clipScale } from "../../optim/schedule";
import { add, scale } from "../../ops/elementwise";
import { linear } from "../../ops/linear";
import { columnSums, lessRow, rootMeanSquares, subtract, weightedRowSums } from "../../ops/rowSums";
import { aboveThresholds, saeDecode } from "../../ops/sae";
import type { SaeWeights } from "../../ops/saeWeights";
import { makeSlots, selectTop, type Slots } from "../../ops/select";
import { latentDots, latentGradient, slotOrder } from "../../ops/slotOrder";
import { matrixOf, vectorOf } from "./asWeights";

export interface TopKParameters {
  /** [latents, dIn]. */
  readonly encoder: Parameter;
  /** [1, latents]. */
  readonly encoderBias: Parameter;
  /** [latents, dOut], rows of length 1. */
  readonly decoder: Parameter;
  /** [1, dOut]. */
  readonly decoderBias: Parameter;
}

export interface Rows {
  /** [rows, dIn]. */
  readonly x: Tensor;
  /** [rows, dOut]: x itself for an autoencoder. */
  readonly target: Tensor;
}

export interface TopKSettings {
  readonly k: number;
  /** 1 / variance of the targets. */
  readonly lossScale: number;
  readonly auxK: number;
  readonly auxWeight: number;
  /** Rows after which a latent that was not active counts as dead. */
  readonly deadAfter: number;
  /** The longest gradient, all parameters together. */
  readonly clip: number;
  readonly adam: AdamSettings;
}

export interface StepNumbers {
  /** scale · mean of (y - target)². */
  readonly loss: number;
  /** Share of the variance of what is left that dead latents leave; undefined where none was dead. */
  readonly auxLoss?: number;
  readonly dead: number;
  /** Length of all gradients together, before they are shortened. */
  readonly gradientLength: number;
}

type Gradients = Readonly<Record<keyof TopKParameters, Tensor>>;
const NAMES = ["encoder", "encoderBias", "decoder", "decoderBias"] as const;

/**
 * Moves the parameters by one batch. `step` counts from 1. `silent`: rows since each latent was last active; brought up to date.
 */
export async function topKStep(
  memory: TensorMemory,
  parameters: TopKParameters,
  rows: Rows,
  at: { readonly step: number; readonly rate: number },
  silent: Float64Array,
  settings: TopKSettings,
): Promise<StepNumbers> {
  const kept = memory.held(() => forwardAndBack(memory, parameters, rows, settings));
  try {
    const { error, gradients, counts } = kept.result;
    const read = await readBack(memory, (back) => ({
      counts: back.borrowed(counts),
      errors: back.tensor(rootMeanSquares(memory, error)),
      sums: back.tensor(columnSums(memory, error)),
      lengths: lengthsOf(memory, gradients, (tensor) => back.tensor(tensor)),
    }));
    const meanSquare = meanOfSquares(read.errors());
    const dead = noteActive(silent, new Uint32Array(read.counts().buffer), error.shape[0] ?? 0, settings);
    if (dead.every((one) => one === 0)) {
      return moved(gradients, read.lengths, { loss: settings.lossScale * meanSquare, dead: 0 });
    }
    const variance = meanSquare - meanOfSquares(read.sums()) / (error.shape[0] ?? 1) ** 2;
    return await withDead({ error, gradients, dead, variance, loss: settings.lossScale * meanSquare });
  } finally {
    kept.release();
  }

  async function withDead(main: {
    readonly error: Tensor;
    readonly gradients: Gradients;
    readonly dead: Float32Array<ArrayBuffer>;
    readonly variance: number;
    readonly loss: number;
  }): Promise<StepNumbers> {
    const aux = memory.held(() => deadLatents(memory, parameters, rows, main, settings));
    try {
      const { left, gradients } = aux.result;
      const read = await readBack(memory, (back) => ({
        left: back.tensor(rootMeanSquares(memory, left)),
        lengths: lengthsOf(memory, gradients, (tensor) => back.tensor(tensor)),
      }));
      return moved(gradients, read.lengths, {
        loss: main.loss,
        auxLoss: meanOfSquares(read.left()) / main.variance,
        dead: main.dead.reduce((sum, one) => sum + one, 0),
      });
    } finally {
      aux.release();
    }
  }

  function moved(
    gradients: Gradients,
    lengths: readonly (() => number)[],
    numbers: Omit<StepNumbers, "gradientLength">,
  ): StepNumbers {
    const gradientLength = Math.hypot(...lengths.map((length) => length()));
    const how = { ...at, gradientScale: clipScale(gradientLength, settings.clip) };
    for (const name of NAMES) adamStep(memory, parameters[name], gradients[name], how, settings.adam);
    memory.device.submit();
    return { ...numbers, gradientLength };
  }
}

/** Step 1, recorded in the open scope: the code, what the encoder read, and y - target. */
export function codeAndError(memory: TensorMemory, parameters: TopKParameters, rows: Rows, k: number) {
  const input = inputOf(memory, parameters, rows);
  const slots = topSlots(memory, parameters, input, k);
  const y = decoded(memory, parameters, slots, parameters.decoderBias.value);
  return { input, slots, error: subtract(memory, y, rows.target) };
}

/** Steps 1 to 3, recorded in the open scope. */
function forwardAndBack(
  memory: TensorMemory,
  parameters: TopKParameters,
  rows: Rows,
  settings: TopKSettings,
) {
  const { input, slots, error } = codeAndError(memory, parameters, rows, settings.k);
  const g = scale(memory, error, (2 * settings.lossScale) / error.size);
  const { gradients, counts } = gradientsOf(memory, parameters, slots, g, input);
  const sums = columnSums(memory, g);
  return {
    ...{ error, counts },
    gradients: withBias(memory, parameters, gradients, sums, rows.x === rows.target),
  };
}

/** Step 4: the gradients with those of the dead latents' loss added, and what these leave. */
function deadLatents(
  memory: TensorMemory,
  parameters: TopKParameters,
  rows: Rows,
  main: {
    readonly error: Tensor;
    readonly gradients: Gradients;
    readonly dead: Float32Array<ArrayBuffer>;
    readonly variance: number;
  },
  settings: TopKSettings,
) {
  const input = inputOf(memory, parameters, rows);
  const count = main.dead.reduce((sum, one) => sum + one, 0);
  const slots = topSlots(memory, parameters, input, Math.min(settings.auxK, count), main.dead);
  const [, cols = 0] = main.error.shape;
  const zeros = memory.from(new Float32Array(cols), [1, cols], "no bias");
  // e = -error, so what is left of it is the code of the dead latents plus the error.
  const left = add(memory, decoded(memory, parameters, slots, zeros), main.error);
  const g = scale(memory, left, (2 * settings.auxWeight) / (main.variance * left.size));
  const { gradients } = gradientsOf(memory, parameters, slots, g, input);
  const own = withBias(memory, parameters, gradients, zeros, rows.x === rows.target);
  const both = NAMES.map((name) => [name, add(memory, main.gradients[name], own[name])]);
  return { left, gradients: Object.fromEntries(both) as Gradients };
}

function inputOf(memory: TensorMemory, { decoderBias }: TopKParameters, { x, target }: Rows): Tensor {
  return x === target ? lessRow(memory, x, decoderBias.value) : x;
}

/** The k largest latents of each row that are above 0; with `among` (0 or 1 each) only of those. */
function topSlots(
  memory: TensorMemory,
  { encoder, encoderBias }: TopKParameters,
  input: Tensor,
  k: number,
  among?: Float32Array<ArrayBuffer>,
): Slots {
  // A threshold of 0 lets pass what is above 0, an infinite one nothing.
  const thresholds =
    among &&
    memory.from(
      among.map((one) => (one > 0 ? 0 : Infinity)),
      [among.length],
      "dead",
    );
  const slots = makeSlots(memory, input.shape[0] ?? 0, k);
  memory.scope(() => {
    const a = linear(memory, input, matrixOf(encoder), vectorOf(encoderBias));
    const own = thresholds ? aboveThresholds(memory, a, thresholds) : a;
    selectTop(memory, own, k, true, { slots, firstRow: 0 });
  });
  return slots;
}

function decoded(
  memory: TensorMemory,
  { encoder, decoder }: TopKParameters,
  slots: Slots,
  bias: Tensor,
): Tensor {
  const k = slots.ids.shape[1] ?? 0;
  const weights: SaeWeights = {
    ...{
      encoder: matrixOf(encoder),
      decoder: matrixOf(decoder),
      decoderBias: { buffer: bias.buffer, size: bias.size },
    },
    ...{ input: { scheme: "none" }, activation: { kind: "topk", k } },
  };
  return saeDecode(memory, weights, slots);
}

function gradientsOf(
  memory: TensorMemory,
  { decoder }: TopKParameters,
  slots: Slots,
  g: Tensor,
  input: Tensor,
) {
  const order = slotOrder(memory, slots, decoder.value.shape[0] ?? 0);
  const ofDecoder = latentGradient(memory, slots.values, g, order);
  const ofEncoder = latentGradient(memory, latentDots(memory, g, slots, decoder.value), input, order);
  return {
    counts: order.counts,
    gradients: { encoder: ofEncoder.weights, encoderBias: ofEncoder.bias, decoder: ofDecoder.weights },
  };
}

/** The decoder's bias gets the sum over rows; where it is also taken off the input, less what the encoder makes of it. */
function withBias(
  memory: TensorMemory,
  { encoder }: TopKParameters,
  gradients: Omit<Gradients, "decoderBias">,
  sums: Tensor,
  isTied: boolean,
): Gradients {
  const through = isTied && weightedRowSums(memory, gradients.encoderBias, encoder.value);
  return { ...gradients, decoderBias: through ? subtract(memory, sums, through) : sums };
}

/** Brings `silent` up to date; 1 for each latent that is dead. */
function noteActive(
  silent: Float64Array,
  counts: Uint32Array,
  rows: number,
  { deadAfter }: TopKSettings,
): Float32Array<ArrayBuffer> {
  return Float32Array.from(silent, (before, latent) => {
    const now = (counts[latent] ?? 0) > 0 ? 0 : before + rows;
    silent[latent] = now;
    return now > deadAfter ? 1 : 0;
  });
}

function lengthsOf(memory: TensorMemory, gradients: Gradients, read: (tensor: Tensor) => Later) {
  return NAMES.map((name) => {
    const later = read(rootMeanSquares(memory, gradients[name]));
    return () => Math.sqrt(meanOfSquares(later()) * gradients[name].size);
  });
}

const meanOfSquares = (values: Float32Array) =>
  values.reduce((sum, value) => sum + value * value, 0) / values.length;
