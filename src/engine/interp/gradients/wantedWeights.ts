/**
 * Weights that a gradient is wanted by: weights are frozen unless they are named. Each is found by its identity on the device, so
 * that a table which is read twice (a tied unembedding) has one gradient, the sum over both.
 */
import { refuse } from "../../../protocol/errors";
import type { TensorMemory, WeightTables } from "../../device/tensor";
import type { TokenBatch } from "../../models/architecture";
import type { Model } from "../../models/model";
import { copiesOf } from "../../ops/embedding";
import type { PackedBatch } from "../batch/tokenBatch";

export interface WantedWeight {
  /** Ours. */
  readonly name: string;
  readonly shape: readonly number[];
  /** The matrix or vector on the device. */
  readonly weight: object;
  /** The block that reads it; undefined: no block, or it is not known. */
  readonly block: number | undefined;
}

/** Of one scalar by one weight, summed over the rows of the batch: f32, however the weight is stored. */
export interface WeightGradient {
  readonly scalar: number;
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The named weights; refused where the model has none of that name, or its gradient fits in no buffer. */
export function wantedWeights(model: Model, names: readonly string[]): WantedWeight[] {
  const { architecture, config, memory, weights } = model;
  const specs = new Map(architecture.weights(config).map((spec) => [spec.name, spec]));
  return names.map((name): WantedWeight => {
    const spec = specs.get(name);
    const isLearnt = spec !== undefined && spec.values === undefined;
    const weight = spec?.kind === "vector" ? weights.vectorIfAny(name) : spec && weights.matrix(name);
    if (!isLearnt || !weight) {
      const known = [...specs.values()].filter(({ values }) => !values).map((one) => one.name);
      refuse(
        `This model has no weight ${name} to take a gradient by; it has ${known.slice(0, 12).join(", ")} …`,
      );
    }
    const bytes = 4 * spec.shape.reduce((product, n) => product * n, 1);
    const most = memory.device.limits.maxBufferBytes;
    if (bytes > most)
      refuse(`The gradient by ${name} takes ${bytes} bytes, and a buffer of this device at most ${most}.`);
    return { name, shape: spec.shape, weight, block: blockOf(name, config.nLayers) };
  });
}

/** Weights of blocks are named `<prefix>.<index>.<rest>` in every architecture. */
function blockOf(name: string, nLayers: number): number | undefined {
  const [, index] = /^[a-z]+\.(\d+)\./.exec(name) ?? [];
  return index !== undefined && Number(index) < nLayers ? Number(index) : undefined;
}

/** What their pullbacks read besides, sent before anything is recorded: which tokens read each row of token and position tables. */
export function uploadWeightTables(
  memory: TensorMemory,
  batch: TokenBatch,
  { host }: Pick<PackedBatch, "host">,
  wanted: readonly WantedWeight[],
): WeightTables | undefined {
  if (wanted.length === 0) return undefined;
  const rows = Math.max(...wanted.map(({ shape: [rows = 0] }) => rows));
  const of = (indices: Uint32Array) => {
    const n = Math.max(rows, 1 + indices.reduce((most, index) => Math.max(most, index), 0));
    return copiesOf(memory, [...indices], n);
  };
  return {
    copies: new Map([
      [batch.ids, of(host.ids)],
      [batch.positions, of(host.positions)],
    ]),
    ones: memory.from(new Float32Array(rows).fill(1), [rows], "ones"),
  };
}
