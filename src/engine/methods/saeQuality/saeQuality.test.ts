/** Refitted magnitudes against trying every subset, known shrinkage, and dead latents by hand. */
import { describe, expect, it } from "vitest";
import { noise } from "../../../random/noise";
import { evaluatedSae } from "../../interp/sae/evaluatedSae.samples";
import { run } from "../../interp/pass/runRows";
import { slowPass } from "../../ops/sae.samples";
import { NO_LATENT } from "../../../protocol/sae/features";
import { DeadLatents, saeQuality } from "./saeQuality";
import { refit } from "./refit";
import { ShrinkageSums } from "./shrinkage";

/** Solves a small system by elimination. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  const n = rows.length;
  for (let c = 0; c < n; c++) {
    const pivot = rows.slice(c).reduce((best, row) => (Math.abs(row[c]!) > Math.abs(best[c]!) ? row : best));
    rows.splice(rows.indexOf(pivot), 1, rows[c]!);
    rows[c] = pivot;
    for (let r = 0; r < n; r++) {
      if (r === c) continue;
      const factor = rows[r]![c]! / pivot[c]!;
      rows[r] = rows[r]!.map((value, j) => value - factor * pivot[j]!);
    }
  }
  return rows.map((row, i) => row[n]! / row[i]!);
}

/** Least squares over every subset; the best one without a negative value. */
function tryAll(target: Float64Array, directions: Float64Array[]): number[] {
  let best = { error: target.reduce((sum, t) => sum + t * t, 0), values: directions.map(() => 0) };
  for (let subset = 1; subset < 2 ** directions.length; subset++) {
    const chosen = [...directions.keys()].filter((i) => (subset >> i) & 1);
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
    const z = solve(
      chosen.map((i) => chosen.map((j) => dot(directions[i]!, directions[j]!))),
      chosen.map((i) => dot(directions[i]!, target)),
    );
    if (z.some((value) => value < 0)) continue;
    const error = target.reduce(
      (sum, t, c) => sum + (t - chosen.reduce((s, i, n) => s + z[n]! * directions[i]![c]!, 0)) ** 2,
      0,
    );
    const values = directions.map((_, i) => (chosen.includes(i) ? z[chosen.indexOf(i)]! : 0));
    if (error < best.error) best = { error, values };
  }
  return best.values;
}

const vectors = (count: number, width: number, seed: number) =>
  Array.from({ length: count }, (_, i) => Float64Array.from(noise(width, seed + i, 1)));

describe("the refit", () => {
  it("is the best of all subsets", () => {
    let removed = 0;
    for (let seed = 0; seed < 25; seed++) {
      const directions = vectors(5, 8, 100 * seed + 1);
      const target = Float64Array.from(noise(8, 100 * seed + 50, 2));
      const expected = tryAll(target, directions);
      const { values, after, before, converged } = refit(target, directions, [1, 1, 1, 1, 1]);
      values.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
      expect(converged).toBe(true);
      expect(after).toBeLessThanOrEqual(before);
      removed += expected.filter((value) => value === 0).length;
    }
    expect(removed).toBeGreaterThan(20);
  });

  it("finds values that made the target, and leaves an empty set alone", () => {
    const directions = vectors(4, 10, 7);
    const target = new Float64Array(10);
    directions.forEach((d, i) => d.forEach((value, c) => (target[c]! += (i + 1) * value)));
    const { values, after } = refit(target, directions, [0.5, 1, 1.5, 2]);
    values.forEach((value, i) => expect(value).toBeCloseTo(i + 1, 7));
    expect(after).toBeLessThan(1e-12);
    expect(refit(Float64Array.of(3, 4), [], [])).toMatchObject({ before: 25, after: 25, converged: true });
    expect([...refit(Float64Array.of(3), [Float64Array.of(0)], [2]).values]).toEqual([2]);
  });
});

/** Sparse data with a known dictionary, in codes whose values are a share of the true ones. */
function shrunk(share: number) {
  const dictionary = vectors(12, 16, 300);
  const sums = new ShrinkageSums(16);
  const outputs: Float32Array[] = [];
  let [errors, total] = [0, 0];
  for (let sample = 0; sample < 40; sample++) {
    const active = [sample % 12, (sample * 5 + 1) % 12, (sample * 7 + 3) % 12];
    const chosen = [...new Set(active)];
    const truth = chosen.map((i) => 1 + ((sample + i) % 4) / 2);
    const empty = noise(16, 900, 1);
    const output = empty.map((value, c) =>
      chosen.reduce((sum, i, n) => sum + truth[n]! * dictionary[i]![c]!, value),
    );
    outputs.push(output);
    const values = truth.map((value) => value * share);
    const directions = chosen.map((i) => dictionary[i]!);
    sums.add({ output, empty, values, directions });
    output.forEach((value, c) => {
      const made = chosen.reduce((sum, i, n) => sum + values[n]! * dictionary[i]![c]!, empty[c]!);
      errors += (value - made) ** 2;
    });
  }
  for (let c = 0; c < 16; c++) {
    const mean = outputs.reduce((sum, output) => sum + output[c]!, 0) / 40;
    total += outputs.reduce((sum, output) => sum + (output[c]! - mean) ** 2, 0);
  }
  return { result: sums.result, fvu: errors / total };
}

it("sees values that were shrunk, and by how much", () => {
  const { result, fvu } = shrunk(0.8);
  expect(result.meanRatio).toBeCloseTo(1.25, 5);
  expect(result.ratioOfSums).toBeCloseTo(1.25, 5);
  expect(result).toMatchObject({ raised: 1, removed: 0, n: 40, unfinished: 0 });
  expect(result.fvuBefore).toBeCloseTo(fvu, 9);
  expect(result.fvuAfter).toBeLessThan(1e-9);
  const sound = shrunk(1).result;
  expect(sound.meanRatio).toBeCloseTo(1, 5);
  expect(sound.fvuBefore).toBeLessThan(1e-9);
});

it("sees an L1 penalty's shift exactly, and none in the largest values", () => {
  // With orthonormal rows the least of ‖t − Σ z d‖² + λ Σ z is z = ⟨t, d⟩ − λ / 2, where that is above 0.
  const identity = Array.from({ length: 6 }, (_, i) => new Float64Array(6).with(i, 1));
  const target = Float32Array.of(3, 2, 1, 0.5, 0.2, 0.1);
  const judged = (values: readonly number[]) => {
    const sums = new ShrinkageSums(6);
    const active = [...values.keys()].filter((i) => values[i]! > 0);
    sums.add({
      ...{ output: target, empty: new Float32Array(6) },
      values: active.map((i) => values[i]!),
      directions: active.map((i) => identity[i]!),
    });
    return sums.result;
  };
  const penalised = judged([...target].map((value) => Math.max(0, value - 0.4)));
  expect(penalised.meanRatio).toBeCloseTo((3 / 2.6 + 2 / 1.6 + 1 / 0.6 + 0.5 / 0.1) / 4, 5);
  expect(penalised).toMatchObject({ active: 4, raised: 1 });
  expect(judged([3, 2, 1, 0, 0, 0]).meanRatio).toBeCloseTo(1, 9);
});

it("counts latents that were never active", () => {
  const dead = new DeadLatents(5);
  dead.add({ ids: Uint32Array.of(1, 3, NO_LATENT), values: Float32Array.of(2, 9e-4, 0) });
  expect([...dead.ids]).toEqual([0, 2, 3, 4]);
  dead.add({ ids: Uint32Array.of(3), values: Float32Array.of(0.01) });
  expect([...dead.ids]).toEqual([0, 2, 4]);
});

const SITES = { siteIn: "blocks.0.resid_mid", siteOut: "blocks.0.mlp_out", skip: true } as const;
it.each([
  ["topk", { scheme: "layerNorm", eps: 1e-5 }, undefined],
  ["relu", { scheme: "rescale", factor: 2 }, undefined],
  ["jumprelu", { scheme: "unitMeanSquare" }, SITES],
] as const)(
  "judges an attached %s autoencoder, %j, as the plain arithmetic does",
  async (kind, input, sites) => {
    const { model, sae, plain } = await evaluatedSae(kind, input, sites);
    const contexts = [
      [3, 1, 4, 1, 5, 9, 2],
      [6, 5, 3],
    ];
    const result = await saeQuality(model, sae, { sae: 0, contexts, before: [12] });

    const rows = contexts.map((tokens) => ({ tokens: [12, ...tokens] }));
    const { captures } = await run(model, { rows, capture: [...new Set([sae.siteIn, sae.siteOut])] });
    const read = (site: string) =>
      captures.filter((capture) => capture.site === site).flatMap(({ data }) => [...data.subarray(8)]);
    const [xs, ys] = [read(sae.siteIn), read(sae.siteOut)];
    const active = new Set<number>();
    let [errors, total, count] = [0, 0, 0];
    for (let row = 0; row < 10; row++) {
      const { latents, y } = slowPass(plain, xs.slice(row * 8, row * 8 + 8));
      latents.forEach((value, latent) => value > 1e-3 && active.add(latent));
      count += latents.filter((value) => value > 0).length;
      y.forEach((value, c) => (errors += (value - ys[row * 8 + c]!) ** 2));
    }
    for (let c = 0; c < 8; c++) {
      const column = Array.from({ length: 10 }, (_, row) => ys[row * 8 + c]!);
      const mean = column.reduce((a, b) => a + b) / 10;
      total += column.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    }
    expect(result.dead).toBe(40 - active.size);
    expect(result.tokens).toBe(10);
    expect(result.shrinkage.active).toBe(count);
    expect(result.shrinkage.fvuBefore / (errors / total)).toBeCloseTo(1, 4);
    expect(result.shrinkage.fvuAfter).toBeLessThan(result.shrinkage.fvuBefore);
    await expect(saeQuality(model, sae, { sae: 0, contexts: [], before: [] })).rejects.toThrow(/no token/);
  },
);
