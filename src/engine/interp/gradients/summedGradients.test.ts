/** Sums over rows that go back in several batches are those of one batch; alarms hold for all rows. */
import { beforeAll, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { createCpuDevice } from "../../device/cpu";
import { noise } from "../../../random/noise";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { batchTokens } from "../batch/cellBatches";
import { gradients } from "./gradients";
import { scalarValues } from "./scalarValues";
import { summedGradients } from "./summedGradients";

const LENGTH = 40;
const SITES = ["embed", "blocks.1.attn.pattern", "blocks.2.attn.z"];

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice(), { n_layer: 4, n_embd: 128, n_head: 4 });
});

const ROWS = Array.from({ length: 9 }, (_, row) => ({
  tokens: Array.from({ length: LENGTH }, (_, i) => (i * (row + 2)) % 13),
}));
const term = (row: number) =>
  ({ kind: "logProb", row, position: LENGTH - 1, target: 3, weight: 1 + row }) as const;

it("adds up over batches", async () => {
  const batches: number[] = [];
  const { sums, value, alarms } = await summedGradients(
    model,
    [...ROWS.keys()],
    (i) => ({ row: ROWS[i]!, terms: [{ ...term(0), weight: 1 + i }] }),
    LENGTH,
    SITES,
    NEVER_CANCELLED,
    (count) => batches.push(count),
  );
  expect(batchTokens(model, LENGTH, true)).toBeLessThan(9 * LENGTH);
  expect(batches.length).toBeGreaterThan(1);
  expect(batches.reduce((a, b) => a + b)).toBe(9);
  expect(alarms).toEqual([]);
  const whole = await gradients(model, {
    rows: ROWS,
    scalars: [ROWS.map((_, row) => term(row))],
    sites: SITES,
  });
  expect(value).toBeCloseTo(whole.values[0]!, 3);
  for (const site of SITES) {
    const parts = whole.gradients.filter((gradient) => gradient.site === site);
    const { data, shape } = sums.get(site)!;
    expect(shape).toEqual(parts[0]!.shape);
    const expected = data.map((_, i) => parts.reduce((sum, part) => sum + part.data[i]!, 0));
    const largest = Math.max(...expected.map(Math.abs));
    expect(largest).toBeGreaterThan(1e-3);
    data.forEach((one, i) => expect(Math.abs(one - expected[i]!)).toBeLessThan(1e-5 * largest));
  }
});

it("raises an alarm for zeros only where every row has them, over all batches", async () => {
  const zero = { kind: "affine", site: "blocks.3.resid_post", keep: 0 } as const;
  const ask = (isZero: (row: number) => boolean) =>
    summedGradients(
      model,
      [...ROWS.keys()],
      (i) => ({ row: { ...ROWS[i]!, interventions: isZero(i) ? [zero] : [] }, terms: [term(0)] }),
      LENGTH,
      ["embed"],
      NEVER_CANCELLED,
    );
  expect((await ask(() => true)).alarms).toEqual([{ kind: "allZero", site: "embed" }]);
  expect((await ask((row) => row < 8)).alarms).toEqual([]);
});

it("has scalars of many rows by forward passes, in batches", async () => {
  const terms = [
    term(0),
    { kind: "logit", row: 0, position: 5, target: 2 },
    { kind: "site", row: 0, site: "blocks.1.mlp_out", position: 4, values: noise(128, 3) },
  ] as const;
  let rows = 0;
  const values = await scalarValues(model, ROWS, terms, NEVER_CANCELLED, (count) => (rows += count));
  expect(rows).toBe(9);
  for (const i of [0, 8]) {
    const { values: own } = await gradients(model, { rows: [ROWS[i]!], scalars: [terms], sites: ["embed"] });
    expect(values[i]).toBeCloseTo(own[0]!, 3);
  }
});
