/**
 * What a checkpoint needs before anything is allocated for it: which of its tensors become which weights, in which
 * precision, and how much memory that takes. What a device cannot hold is refused here, with the numbers.
 */
import type { Precision } from "../../../protocol/api";
import { VitrineError } from "../../../protocol/errors";
import type { DeviceLimits } from "../../device/device";
import type { ModelFiles } from "../../formats/storedModel";
import { wordsPerRow } from "../../ops/weights";
import type { Architecture, ModelConfig, WeightSpec } from "../architecture";
import { planWeight, type PlannedWeight } from "./planWeight";
import { cacheBytesPerToken, vocabOut } from "../sizes";

export interface MemoryPlan {
  readonly precision: Precision;
  readonly parameters: number;
  readonly weightBytes: number;
  /** Keys and values of one token, all layers. */
  readonly cacheBytesPerToken: number;
  /** Logits of one scored position. */
  readonly logitBytesPerToken: number;
}

export interface ModelPlan extends MemoryPlan {
  readonly architecture: Architecture;
  readonly config: ModelConfig;
  readonly weights: readonly (PlannedWeight & { readonly bytes: number })[];
  /** Weights that share another's memory: ours → ours. */
  readonly tied: ReadonlyMap<string, string>;
}

const elements = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

export function planModel(
  architecture: Architecture,
  files: ModelFiles,
  precision: Precision | "auto",
): ModelPlan {
  const config = architecture.parseConfig(files.config);
  const specs = architecture.weights(config);
  const found = specs.flatMap((spec) => planWeight(spec, files) ?? []);
  const chosen = precision === "auto" ? ownPrecision(found) : precision;
  const weights = found.map((weight) => ({ ...weight, bytes: deviceBytes(weight.spec, chosen) }));
  const present = new Set(found.map(({ spec }) => spec.name));
  const tied = specs.flatMap(({ name, tiedTo }) =>
    tiedTo === undefined || present.has(name) ? [] : [[name, tiedTo] as const],
  );
  return {
    architecture,
    config,
    weights,
    tied: new Map(tied),
    precision: chosen,
    parameters: found
      .filter(({ spec }) => spec.values === undefined)
      .reduce((sum, { spec }) => sum + elements(spec.shape), 0),
    weightBytes: weights.reduce((sum, { bytes }) => sum + bytes, 0),
    cacheBytesPerToken: cacheBytesPerToken(config),
    logitBytesPerToken: 4 * vocabOut(config),
  };
}

/** In f32 a large model of half-width or quantized weights takes too much of most devices. */
const LARGE_F32_BYTES = 2 ** 30;

/**
 * The file's own precision: halves stay halves. BF16 and quantized weights need f32 to stay what they are, and get
 * it unless they are large; then f16, whose clipped values are counted.
 */
function ownPrecision(planned: readonly PlannedWeight[]): Precision {
  const matrices = planned.filter(({ spec }) => spec.kind === "matrix");
  const isAll = (has: (dtype: string | undefined) => boolean) =>
    matrices.every(({ parts }) => has(parts[0]?.entry.dtype));
  if (isAll((dtype) => dtype === "F16")) return "f16";
  const f32Bytes = matrices.reduce((sum, { spec }) => sum + deviceBytes(spec, "f32"), 0);
  return f32Bytes > LARGE_F32_BYTES && isAll((dtype) => dtype !== "F32" && dtype !== "F64") ? "f16" : "f32";
}

function deviceBytes({ kind, shape }: WeightSpec, precision: Precision): number {
  if (kind === "vector") return elements(shape) * 4;
  const [rows = 0, cols = 0] = shape;
  return rows * wordsPerRow(cols, precision) * 4;
}

const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
/** Tokens that must fit beside the weights for a model to be of use. */
const LEAST_TOKENS = 128;

/** Throws if the weights, or a row of them, do not fit beside what is taken; says what would. */
export function checkFits(plan: ModelPlan, limits: DeviceLimits, files: ModelFiles, takenBytes = 0): void {
  const freeBytes = limits.maxTotalBytes - takenBytes;
  const needed =
    plan.weightBytes + LEAST_TOKENS * plan.cacheBytesPerToken + LEAST_TOKENS * plan.logitBytesPerToken;
  if (needed <= freeBytes) return;
  const smaller = (["f16", "q8"] as const).find((precision) => {
    const other = planModel(plan.architecture, files, precision);
    return other.weightBytes + (needed - plan.weightBytes) <= freeBytes;
  });
  const cure =
    smaller === undefined || plan.precision === smaller
      ? "Load a smaller model."
      : `In ${smaller} it fits: choose that.`;
  const taken = takenBytes > 0 ? `, of which the other model takes ${gibibytes(takenBytes)}` : "";
  throw new VitrineError(
    "OutOfMemory",
    `This model has ${plan.parameters.toLocaleString("en")} parameters and needs ${gibibytes(needed)} in ${plan.precision}; the device holds ${gibibytes(limits.maxTotalBytes)}${taken}. ${cure}`,
  );
}
