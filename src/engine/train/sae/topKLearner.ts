/**
 * A TopK autoencoder that learns: its parameters on the device, what it knows about silent latents, and all of that as plain
 * arrays, from which it goes on with the same numbers.
 *
 * While it learns, activations are divided by one number for each site, so that one learning rate suits every site; outside, it
 * speaks of activations as they are.
 */
import { refuse } from "../../../protocol/errors";
import type { SaeSettings } from "../../../protocol/sae/training";
import type { TensorMemory } from "../../device/tensor";
import { readBack } from "../../interp/pass/readBack";
import { scale } from "../../ops/elementwise";
import { saeKernels } from "../../ops/saeWeights";
import { SLOT_KERNELS } from "../../ops/slotOrder";
import { ADAM, OPTIMIZER_KERNELS, createParameter, freeParameter, type Parameter } from "../../optim/adamW";
import { columnSums } from "./columnSums";
import { initialTopK } from "./initialTopK";
import { rootMeanSquares } from "../../ops/rowSums";
import { codeAndError, topKStep, type Rows, type StepNumbers, type TopKParameters } from "./topKStep";

/** Rows as they are, f32 [count, width]: one array twice where both sites are the same. */
export interface HostRows {
  readonly x: Float32Array<ArrayBuffer>;
  readonly target: Float32Array<ArrayBuffer>;
  readonly count: number;
}

const NAMES = ["encoder", "encoderBias", "decoder", "decoderBias"] as const;
type Name = (typeof NAMES)[number];
type Arrays = Readonly<Record<Name, Float32Array<ArrayBuffer>>>;

/** Everything that the next step depends on, but the rows. */
export interface TopKState {
  readonly values: Arrays;
  readonly means: Arrays;
  readonly squares: Arrays;
  readonly silent: Float64Array<ArrayBuffer>;
  readonly units: Units;
}

/** What it runs, to compile before the first step. */
export const LEARNER_KERNELS = [...saeKernels("f32"), ...SLOT_KERNELS, ...OPTIMIZER_KERNELS];

/** What activations are divided by, and 1 / variance of the targets after that. */
interface Units {
  readonly input: number;
  readonly target: number;
  readonly lossScale: number;
}

/** Weights in units of the activations: z = ReLU of the k largest W_enc (x - b) + b_enc, y = z W_dec + b_dec. */
export interface TrainedTopK extends Arrays {
  readonly settings: SaeSettings;
  readonly isTied: boolean;
}

export class TopKLearner {
  private constructor(
    private readonly memory: TensorMemory,
    private readonly settings: SaeSettings,
    private readonly parameters: TopKParameters,
    private readonly silent: Float64Array<ArrayBuffer>,
    private readonly units: Units,
  ) {}

  /** Before the first step; `rows` say what the activations are like. */
  static begin(memory: TensorMemory, settings: SaeSettings, rows: HostRows): TopKLearner {
    const { nLatents, k, seed } = settings;
    const isTied = settings.siteIn === settings.siteOut;
    const [dIn, dOut] = [rows.x.length / rows.count, rows.target.length / rows.count];
    const target = spreadOf(rows.target, dOut);
    if (!(target.variance > 0)) {
      refuse(
        `${settings.siteOut} is the same at every token of this text, so there is nothing to learn; give it other text.`,
      );
    }
    const units = {
      target: target.divisor,
      input: isTied ? target.divisor : spreadOf(rows.x, dIn).divisor,
      lossScale: target.divisor ** 2 / target.variance,
    };
    const scaled = (data: HostRows["x"], divisor: number) => data.map((value) => value / divisor);
    const [inputs, targets] = [scaled(rows.x, units.input), scaled(rows.target, units.target)];
    const values = initialTopK({ nLatents, k, dIn, dOut, isTied }, inputs, targets, seed);
    const zeros = Object.fromEntries(
      NAMES.map((name) => [name, new Float32Array(values[name].length)]),
    ) as Arrays;
    return TopKLearner.resume(memory, settings, {
      ...{ values, means: zeros, squares: zeros, units },
      silent: new Float64Array(nLatents),
    });
  }

  static resume(memory: TensorMemory, settings: SaeSettings, state: TopKState): TopKLearner {
    const { nLatents } = settings;
    const parameter = (name: Name): Parameter => {
      const { length } = state.values[name];
      const shape = name === "encoder" || name === "decoder" ? [nLatents, length / nLatents] : [1, length];
      const made = createParameter(
        memory,
        state.values[name],
        shape,
        name === "decoder" ? "unitRows" : undefined,
      );
      memory.device.write(made.mean.buffer, state.means[name]);
      memory.device.write(made.square.buffer, state.squares[name]);
      return made;
    };
    const parameters = {
      ...{ encoder: parameter("encoder"), encoderBias: parameter("encoderBias") },
      ...{ decoder: parameter("decoder"), decoderBias: parameter("decoderBias") },
    };
    return new TopKLearner(memory, settings, parameters, state.silent.slice(), state.units);
  }

  async step(
    rows: HostRows,
    at: { readonly step: number; readonly rate: number },
    clip: number,
  ): Promise<StepNumbers> {
    const { memory, units } = this;
    const { k, auxK, auxWeight, deadAfter } = this.settings;
    const held = memory.held(() => this.#scaled(rows));
    try {
      return await topKStep(memory, this.parameters, held.result, at, this.silent, {
        ...{ k, auxK, auxWeight, deadAfter, clip, adam: ADAM, lossScale: units.lossScale },
      });
    } finally {
      held.release();
    }
  }

  /** Of rows that it does not learn from: Σ (y − target)² in the units of the activations, and how many latents are active. */
  async measure(rows: HostRows): Promise<{ readonly squares: number; readonly active: number }> {
    const { memory, units } = this;
    const read = await readBack(memory, (back) => {
      const { slots, error } = codeAndError(memory, this.parameters, this.#scaled(rows), this.settings.k);
      return { values: back.tensor(slots.values), roots: back.tensor(rootMeanSquares(memory, error)) };
    });
    const meanSquares = read.roots().reduce((sum, root) => sum + root * root, 0);
    return {
      squares: (meanSquares * rows.target.length * units.target ** 2) / rows.count,
      active: read.values().reduce((sum, value) => sum + Number(value > 0), 0),
    };
  }

  #scaled(rows: HostRows): Rows {
    const { memory } = this;
    const tensor = (data: Float32Array<ArrayBuffer>, divisor: number) =>
      scale(memory, memory.from(data, [rows.count, data.length / rows.count], "rows"), 1 / divisor);
    const x = tensor(rows.x, this.units.input);
    return { x, target: rows.x === rows.target ? x : tensor(rows.target, this.units.target) };
  }

  async state(): Promise<TopKState> {
    const read = await readBack(this.memory, (back) =>
      NAMES.map((name) => {
        const { value, mean, square } = this.parameters[name];
        return [name, [value, mean, square].map((tensor) => back.borrowed(tensor))] as const;
      }),
    );
    const all = (which: number) =>
      Object.fromEntries(read.map(([name, laters]) => [name, laters[which]?.()])) as unknown as Arrays;
    const { silent, units } = this;
    return { values: all(0), means: all(1), squares: all(2), silent: silent.slice(), units };
  }

  free(): void {
    for (const name of NAMES) freeParameter(this.memory, this.parameters[name]);
  }
}

/**
 * In the units of the activations. With both sites' divisors s and t: W_enc (x / s) + b_enc is 1 / t of W_enc t / s x + t b_enc, and
 * the k largest of the one are the k largest of the other.
 */
export function trainedTopK({ values, units }: TopKState, settings: SaeSettings): TrainedTopK {
  const times = (data: Float32Array<ArrayBuffer>, factor: number) => data.map((value) => value * factor);
  return {
    settings,
    isTied: settings.siteIn === settings.siteOut,
    encoder: times(values.encoder, units.target / units.input),
    encoderBias: times(values.encoderBias, units.target),
    decoder: values.decoder,
    decoderBias: times(values.decoderBias, units.target),
  };
}

/** The mean variance of an element, and the root mean square distance of an element from its column's mean. */
function spreadOf(rows: Float32Array, cols: number): { readonly variance: number; readonly divisor: number } {
  const count = rows.length / cols;
  const variance = columnSums(rows, cols).reduce(
    (total, { sum, square }) => total + square / count - (sum / count) ** 2,
    0,
  );
  return { variance: variance / cols, divisor: Math.sqrt(variance / cols) || 1 };
}
