/**
 * Puts a checkpoint's weights on a device. Each tensor is checked for presence and shape before anything is
 * allocated, then read, converted and uploaded slice by slice: the f32 copy of a file never exists whole.
 */
import type { Precision } from "../../../protocol/api";
import type { Progress } from "../../../protocol/progress";
import type { Pauser } from "../../../protocol/cancel";
import type { Device } from "../../device/device";
import { TensorMemory } from "../../device/tensor";
import { packHalves } from "../../formats/bytes/halves";
import type { ModelFiles, StoredTensor } from "../../formats/storedModel";
import { readRows } from "../../formats/tensorReader";
import { kernelsToPrepare } from "../../ops/kernelList";
import { allocateMatrix, byteRows, writeMatrixRows } from "../../ops/weights";
import type { WeightSpec } from "../architecture";
import { loadArchitecture } from "../index";
import { DeviceWeights, freeModel, type Model } from "../model";
import { checkFits, planModel } from "./plan";
import type { PlannedWeight } from "./planWeight";

export interface LoadedModel {
  readonly model: Model;
  readonly precision: Precision;
  readonly parameters: number;
  readonly weightBytes: number;
  /** Values that f16 cannot hold and were clipped to ±65504. */
  readonly clippedValues: number;
}

export async function loadModel(
  device: Device,
  files: ModelFiles,
  precision: Precision | "auto",
  pauser: Pauser,
  onProgress?: (progress: Progress) => void,
  /** What other models on the device take. */
  takenBytes = 0,
): Promise<LoadedModel> {
  const plan = planModel(await loadArchitecture(files.config["model_type"]), files, precision);
  checkFits(plan, device.limits, files, takenBytes);
  const { architecture, config, weightBytes, precision: chosen, parameters } = plan;
  onProgress?.({
    done: 0,
    total: weightBytes,
    note: `${parameters.toLocaleString("en")} parameters, ${(weightBytes / 1e6).toFixed(0)} MB in ${chosen}`,
  });
  const weights = new DeviceWeights();
  const model: Model = { architecture, config, weights, memory: new TensorMemory(device), saes: new Map() };
  let done = 0;
  let clippedValues = 0;
  // Shaders compile while the weights stream in; a failure is thrown where it is awaited.
  const compiling = device.prepare(kernelsToPrepare(chosen));
  compiling.catch(() => undefined);
  try {
    for (const { bytes, ...weight } of plan.weights) {
      const [first] = weight.parts;
      onProgress?.({ done, total: weightBytes, note: `reading ${first?.entry.name ?? weight.spec.name}` });
      await pauser.pause();
      clippedValues += await loadWeight(device, weights, weight, chosen);
      done += bytes;
    }
    for (const [name, other] of plan.tied) weights.setMatrix(name, weights.matrix(other));
    await compiling;
  } catch (error) {
    freeModel(model);
    throw error;
  }
  onProgress?.({ done, total: weightBytes, note: "ready" });
  return { model, precision: chosen, parameters, weightBytes, clippedValues };
}

/** Reads one weight and uploads it; returns how many values were clipped. */
async function loadWeight(
  device: Device,
  weights: DeviceWeights,
  { spec, parts }: PlannedWeight,
  precision: Precision,
): Promise<number> {
  if (spec.kind === "vector") {
    const [size = 0] = spec.shape;
    const buffer = device.allocate(size * 4, spec.name);
    weights.setVector(spec.name, { buffer, size });
    let at = 0;
    for await (const data of vectorSlices(spec, parts)) {
      device.write(buffer, data, at * 4);
      at += data.length;
    }
    return 0;
  }
  const [rows = 0, cols = 0] = spec.shape;
  const matrix = allocateMatrix(device, spec.name, [rows, cols], precision);
  weights.setMatrix(spec.name, matrix);
  let clipped = 0;
  let firstRow = 0;
  for (const part of parts) {
    for await (const slice of readRows(part, { transposed: spec.transposed ?? false })) {
      let data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> = slice.data;
      if (precision === "q8") data = byteRows(slice.data, slice.rows, cols);
      if (precision === "f16") {
        const packed = packHalves(slice.data, slice.rows, cols);
        clipped += packed.clipped;
        data = packed.words;
      }
      writeMatrixRows(device, matrix, firstRow, data);
      firstRow += slice.rows;
    }
  }
  return clipped;
}

async function* vectorSlices(
  spec: WeightSpec,
  parts: readonly StoredTensor[],
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  if (spec.values) yield spec.values;
  for (const part of parts) for await (const { data } of readRows(part)) yield data;
}
