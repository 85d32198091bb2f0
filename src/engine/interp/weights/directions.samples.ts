/** Weights of a model in plain arrays, for tests that read them slowly. */
import { expect } from "vitest";
import type { WeightedTokens } from "../../../protocol/analysis";
import type { Model } from "../../models/model";
import type { NormWeights } from "../../models/weightMap";

export async function numbers(model: Model, name: string): Promise<number[]> {
  const vector = model.weights.vectorIfAny(name);
  if (!vector) return [];
  const [data] = await model.memory.device.read([
    { buffer: vector.buffer, offsetBytes: 0, sizeBytes: 4 * vector.size },
  ]);
  return [...new Float32Array(data!)];
}

export async function rows(model: Model, name: string): Promise<number[][]> {
  const { chunks, shape } = model.weights.matrix(`${name}.weight`);
  const [count, cols] = shape;
  const [data] = await model.memory.device.read([
    { buffer: chunks[0]!.buffer, offsetBytes: 0, sizeBytes: 4 * count * cols },
  ]);
  const all = new Float32Array(data!);
  return Array.from({ length: count }, (_, r) => [...all.subarray(r * cols, (r + 1) * cols)]);
}

export const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** The linear part of a norm at scale 1, as a matrix would apply it to x. */
export async function apply(
  model: Model,
  norm: NormWeights | undefined,
  x: readonly number[],
): Promise<number[]> {
  if (!norm) return [...x];
  const weight = await numbers(model, `${norm.name}.weight`);
  const mean = norm.kind === "layer" ? x.reduce((a, b) => a + b, 0) / x.length : 0;
  return x.map((value, i) => (value - mean) * (weight[i]! + norm.offset));
}

/** A norm as it is. */
export async function normalised(
  model: Model,
  norm: NormWeights | undefined,
  x: readonly number[],
): Promise<number[]> {
  if (!norm) return [...x];
  const mean = norm.kind === "layer" ? x.reduce((a, b) => a + b, 0) / x.length : 0;
  const scale = Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length + norm.eps);
  const bias = await numbers(model, `${norm.name}.bias`);
  return (await apply(model, norm, x)).map((value, i) => value / scale + (bias[i] ?? 0));
}

export function expectExtremes({ ids, values }: WeightedTokens, all: readonly number[], sign: number) {
  const sorted = [...all].sort((a, b) => sign * (b - a));
  values.forEach((value, i) => expect(value).toBeCloseTo(sorted[i]!, 4));
  ids.forEach((id, i) => expect(values[i]).toBeCloseTo(all[id]!, 4));
  expect(new Set(ids).size).toBe(ids.length);
}
