/** The fit is the mean of its texts' sums, counts what it leaves out, and goes on where it was stopped. */
import { beforeAll, describe, expect, it } from "vitest";
import { NEVER_CANCELLED, type Pauser } from "../../../protocol/cancel";
import { VitrineError } from "../../../protocol/errors";
import type { LensFitRequest } from "../../../protocol/gradients/lenses";
import { createCpuDevice } from "../../device/cpu";
import { residualJacobian } from "../../interp/gradients/residualJacobian";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { LensFit } from "./fit";

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice(), { n_layer: 3 });
});

const REQUEST: LensFitRequest = {
  ...{ name: "texts", before: [0], skipFirst: 2 },
  contexts: [
    [3, 1, 4, 1, 5],
    [9, 2],
    [6, 5, 3, 5, 8, 9, 7],
    [9, 3, 2, 3, 8],
  ],
};

const fitOf = (change: Partial<LensFitRequest> = {}) =>
  new LensFit(1, model, { ...REQUEST, ...change }, { model: "toy" });

it("is the mean over texts, each alike, and leaves out what it says", async () => {
  const fit = fitOf();
  const info = await fit.run(model, NEVER_CANCELLED);
  expect(info).toMatchObject({ layers: [0, 1], dModel: 8, texts: 3, allTexts: 4, shortTexts: 1 });
  // Of 6, 8 and 6 tokens with BOS, the first two and the last are left out.
  expect(info.environment).toEqual({
    ...{ model: "toy", corpus: "texts", before: [0], skipFirst: 2, longest: 8, positions: 3 + 5 + 3 },
  });
  const rows = [0, 2, 3].map((text) => [0, ...REQUEST.contexts[text]!]);
  const each = await Promise.all(
    rows.map((row) => {
      const kept = Array.from({ length: row.length - 3 }, (_, i) => i + 2);
      return residualJacobian(model, row, [0, 1], kept, NEVER_CANCELLED);
    }),
  );
  for (const layer of [0, 1])
    fit.matrix(layer).forEach((value, at) =>
      expect(value).toBeCloseTo(
        each.reduce((sum, of) => sum + of[layer]![at]! / 3, 0),
        5,
      ),
    );
  // ‖mean of three − mean of two‖ / ‖mean of two‖, of the layer where it is largest.
  const moved = [0, 1].map((layer) => {
    const two = each[0]![layer]!.map((value, at) => (value + each[1]![layer]![at]!) / 2);
    const norm = (values: Float32Array) => Math.hypot(...values);
    return norm(two.map((value, at) => fit.matrix(layer)[at]! - value)) / norm(two);
  });
  expect(info.lastChange).toBeCloseTo(Math.max(...moved), 4);
  expect(fit.hasRead([0, 9, 3, 2, 3, 8])).toBe(true);
  expect(fit.hasRead([0, 9, 3, 2, 3, 7])).toBe(false);
});

it("keeps what it has when it is stopped, and goes on to the same lens", async () => {
  const fit = fitOf();
  let pauses = 0;
  const stopping: Pauser = {
    pause: async () => {
      if (++pauses === 2) throw new VitrineError("Cancelled", "Cancelled.");
    },
  };
  const shown: number[] = [];
  await expect(fit.run(model, stopping, ({ texts }) => shown.push(texts))).rejects.toThrow("Cancelled");
  expect([shown.at(-1), fit.isDone, fit.info().texts]).toEqual([1, false, 1]);
  await fit.run(model, NEVER_CANCELLED);
  const whole = fitOf();
  await whole.run(model, NEVER_CANCELLED);
  expect(fit.matrix(0)).toEqual(whole.matrix(0));
  expect(fit.info().texts).toBe(3);
});

describe("refusals", () => {
  it("name what is wrong", async () => {
    expect(() => fitOf({ contexts: [] })).toThrow(/texts has no texts/);
    expect(() => fitOf({ skipFirst: 0 })).toThrow(/skipFirst is 0; .* from 1 on/);
    expect(() => fitOf({ skipFirst: 7 })).toThrow(/first 7 and the last are left out; leave out fewer/);
    expect(() => fitOf({ contexts: [[3, 99]] })).toThrow(/99/);
    expect(() => fitOf({ contexts: [Array<number>(64).fill(1)] })).toThrow(/65 tokens; this model reads 64/);
    const single = randomGpt2(model.memory.device, { n_layer: 1 });
    expect(() => new LensFit(1, single, REQUEST, {})).toThrow(/one block/);
  });
});
