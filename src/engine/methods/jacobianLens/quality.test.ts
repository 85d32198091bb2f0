/** Divergences and agreements of the three readings, against whole distributions taken from the lens itself. */
import { beforeAll, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { LENS_READINGS, type LensQualityRequest } from "../../../protocol/gradients/lenses";
import { noise } from "../../../random/noise";
import { createCpuDevice } from "../../device/cpu";
import type { LensMatrices } from "../../interp/activations/lensMatrices";
import { recordHead } from "../../interp/edits/preparePass";
import { NO_TAPS } from "../../interp/activations/activationCache";
import { readBack } from "../../interp/pass/readBack";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { lensQuality, shuffledColumns } from "./quality";

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice(), { n_layer: 3 });
});

const IDENTITY = Float32Array.from({ length: 64 }, (_, i) => Number(i % 9 === 0));
const lensOf = (matrices: readonly Float32Array<ArrayBuffer>[]): LensMatrices => ({
  layers: matrices.map((_, layer) => layer),
  matrix: (layer) => matrices[layer]!,
});
const REQUEST: LensQualityRequest = {
  ...{ lens: 1, before: [0], skipFirst: 2, seed: 3 },
  contexts: [[3, 1, 4, 1, 5], [2], [6, 5, 3, 5, 8, 9, 7]],
};

/** Log-probabilities of the head on rows of a stream. */
async function headOn(data: Float32Array<ArrayBuffer>): Promise<number[][]> {
  const rows = data.length / 8;
  const logits = await readBack(model.memory, (back) =>
    back.tensor(recordHead(model, model.memory.from(data, [rows, 8], "test"), NO_TAPS)),
  );
  return Array.from({ length: rows }, (_, row) => {
    const line = [...logits().slice(row * 13, (row + 1) * 13)];
    const total = Math.log(line.reduce((sum, x) => sum + Math.exp(x), 0));
    return line.map((x) => x - total);
  });
}

const through = (x: Float32Array<ArrayBuffer>, J: Float32Array) =>
  Float32Array.from(x, (_, at) => {
    const [row, i] = [Math.floor(at / 8), at % 8];
    return Array.from({ length: 8 }, (_, j) => J[i * 8 + j]! * x[row * 8 + j]!).reduce((a, b) => a + b);
  });
const top = (line: readonly number[]) => line.indexOf(Math.max(...line));

it("is what whole distributions give", async () => {
  const matrices = [0, 1].map((layer) => noise(64, 20 + layer).map((value, i) => value + IDENTITY[i]!));
  const result = await lensQuality(model, lensOf(matrices), REQUEST, NEVER_CANCELLED);
  // Of 6, 2 and 8 tokens the first two are left out.
  expect(result).toMatchObject({ texts: 2, allTexts: 3, positions: 4 + 6 });
  expect(result.alsoFitted).toBeUndefined();
  const texts = [REQUEST.contexts[0]!, REQUEST.contexts[2]!].map((text) => [0, ...text]);
  for (const reading of LENS_READINGS) {
    const means = await Promise.all(
      texts.map(async (tokens) => {
        const sites = [0, 1, 2].map((layer) => `blocks.${layer}.resid_post`);
        const { captures } = await run(model, { rows: [{ tokens }], capture: sites });
        const stream = (layer: number) => Float32Array.from(captures[layer]!.data).slice(16);
        const own = await headOn(stream(2));
        const lens = await Promise.all(
          [0, 1].map((layer) => {
            const J =
              reading === "jacobian" ? matrices[layer]! : shuffledColumns(matrices[layer]!, 3 + layer);
            return headOn(reading === "logit" ? stream(layer) : through(stream(layer), J));
          }),
        );
        const mean = (of: (row: number) => number) =>
          own.reduce((sum, _, row) => sum + of(row), 0) / own.length;
        return [0, 1].map((layer) => [
          mean((row) =>
            own[row]!.reduce((sum, p, id) => sum + Math.exp(p) * (p - lens[layer]![row]![id]!), 0),
          ),
          mean((row) => Number(top(own[row]!) === top(lens[layer]![row]!))),
          mean((row) => Number(top((lens[layer + 1] ?? own)[row]!) === top(lens[layer]![row]!))),
        ]);
      }),
    );
    for (const layer of [0, 1]) {
      const row = result.rows.find((one) => one.layer === layer && one.reading === reading)!;
      [row.kl, row.agreesWithModel, row.agreesWithNext].forEach(({ mean, low, high }, m) => {
        expect(mean, `${reading} ${layer}`).toBeCloseTo(
          (means[0]![layer]![m]! + means[1]![layer]![m]!) / 2,
          4,
        );
        expect(low).toBeLessThanOrEqual(mean);
        expect(high).toBeGreaterThanOrEqual(mean);
      });
    }
  }
});

it("reads a lens of identities as the logit lens, and shuffles columns whole", async () => {
  const result = await lensQuality(model, lensOf([IDENTITY, IDENTITY]), REQUEST, NEVER_CANCELLED);
  const of = (reading: string) =>
    result.rows.filter((row) => row.reading === reading).map((row) => ({ ...row, reading: "" }));
  expect(of("jacobian")).toEqual(of("logit"));
  expect(of("shuffled")).not.toEqual(of("logit"));
  const J = noise(64, 1);
  const mixed = shuffledColumns(J, 5);
  const column = (of: Float32Array, c: number) => [...of.filter((_, at) => at % 8 === c)];
  const columns = (of: Float32Array) => Array.from({ length: 8 }, (_, c) => column(of, c).join());
  expect(columns(mixed)).not.toEqual(columns(J));
  expect(columns(mixed).sort()).toEqual(columns(J).sort());
});

it("refuses texts that leave no position", async () => {
  const ask = (change: Partial<LensQualityRequest>) =>
    lensQuality(model, lensOf([IDENTITY]), { ...REQUEST, ...change }, NEVER_CANCELLED);
  await expect(ask({ skipFirst: 30 })).rejects.toThrow(/more than 30 tokens/);
  await expect(ask({ contexts: [Array<number>(64).fill(1)] })).rejects.toThrow(/this model reads 64/);
});
