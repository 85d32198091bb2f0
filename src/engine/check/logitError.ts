/**
 * What a smaller precision costs: the largest difference of a sample prompt's logits from those in f32, beside
 * their spread. The weights are read in f32 for one forward pass and freed again.
 */
import type { Precision } from "../../protocol/api";
import type { Pauser } from "../../protocol/cancel";
import type { Device } from "../device/device";
import type { ModelFiles } from "../formats/storedModel";
import { run } from "../interp/pass/runRows";
import type { SampleTokens } from "./healthCheck";
import { loadModel } from "../models/loading/loadModel";
import { freeModel, type Model } from "../models/model";
import { planModel } from "../models/loading/plan";

/** Larger f32 weights are not read twice. */
const LARGEST_BYTES = 512 * 2 ** 20;

export interface LogitError {
  /** Largest |logit - f32 logit|. */
  readonly largest: number;
  /** Standard deviation of the f32 logits. */
  readonly spread: number;
}

/** Undefined if nothing is lost, or if f32 is too large to compare with. */
export async function logitError(
  device: Device,
  files: ModelFiles,
  { model, precision }: { readonly model: Model; readonly precision: Precision },
  { rows: [tokens = []] }: SampleTokens,
  pauser: Pauser,
): Promise<LogitError | undefined> {
  if (precision === "f32" || planModel(model.architecture, files, "auto").precision === precision)
    return undefined;
  const bytes = planModel(model.architecture, files, "f32").weightBytes;
  if (bytes > LARGEST_BYTES || bytes > device.limits.maxTotalBytes / 2) return undefined;
  const exact = await loadModel(device, files, "f32", pauser);
  try {
    const [mine, theirs] = [await logits(model, tokens), await logits(exact.model, tokens)];
    const mean = theirs.reduce((sum, value) => sum + value, 0) / theirs.length;
    const variance = theirs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / theirs.length;
    let largest = 0;
    for (const [i, value] of theirs.entries()) largest = Math.max(largest, Math.abs(value - (mine[i] ?? 0)));
    return { largest, spread: Math.sqrt(variance) };
  } finally {
    freeModel(exact.model);
  }
}

async function logits(model: Model, tokens: readonly number[]): Promise<Float32Array> {
  const { captures } = await run(model, { rows: [{ tokens }], capture: ["logits"] });
  return captures[0]?.data ?? new Float32Array();
}
