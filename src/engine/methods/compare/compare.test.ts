/** Two runs side by side, against plain f64 sums over captured logits. */
import { describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { CompareRequest } from "../../../protocol/analysis";
import type { Edit } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import { resolveEdits } from "../../interp/interventions/index";
import { run } from "../../interp/pass/runRows";
import { GOLDEN_RUNS, loadChanged, openFolder, readGolden } from "../../models/golden.samples";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { compare } from "./compare";

const LEFT = [3, 1, 4, 1, 5, 9];
const RIGHT = [3, 1, 4, 2, 5];
const EDITS: Edit[] = [
  { id: "a", on: true, kind: "scale", site: "mlp_out", layers: [0], factor: 0.25 },
  { id: "b", on: true, kind: "token", position: 2, token: 7, text: "" },
  { id: "c", on: true, kind: "zero", site: "attn.z", heads: [1], strength: 1 },
];

/** log softmax of each row of the logits, f64. */
async function logProbs(model: Model, tokens: readonly number[], edits: readonly Edit[] = []) {
  const row = await resolveEdits(model, { tokens, edits });
  const { captures } = await run(model, { rows: [row], capture: ["logits"] });
  const { data, shape } = captures[0]!;
  const width = shape[1]!;
  return row.tokens.map((_, i) => {
    const line = [...data.subarray(i * width, (i + 1) * width)];
    const highest = Math.max(...line);
    const total = Math.log(line.reduce((sum, x) => sum + Math.exp(x - highest), 0));
    return line.map((x) => x - highest - total);
  });
}

const divergence = (p: readonly number[], q: readonly number[]) =>
  p.reduce((sum, x, i) => sum + Math.exp(x) * (x - q[i]!), 0);
const entropyOf = (p: readonly number[]) => -p.reduce((sum, x) => sum + Math.exp(x) * x, 0);
const ask = (request: CompareRequest, base: Model, other = base, klAbsent?: string) =>
  compare(base, other, request, NEVER_CANCELLED, klAbsent);

it("measures every pair as a plain sum over the logits does", async () => {
  const model = randomGpt2(await createCpuDevice());
  const pairs = [
    [0, 0],
    [2, 2],
    [4, 4],
    [5, 4],
    [5, 1],
  ] as const;
  const other = { tokens: RIGHT, edits: EDITS };
  const result = await ask({ base: { tokens: LEFT }, other, pairs, k: 4, targets: [7, 0] }, model);
  expect(result.pairs).toEqual(pairs);
  expect(result.klAbsent).toBeUndefined();
  const [left, right] = [await logProbs(model, LEFT), await logProbs(model, RIGHT, EDITS)];
  // The edits put another token at position 2.
  const edited = [3, 1, 7, 2, 5];
  for (const [i, [l, r]] of pairs.entries()) {
    expect(result.kl[i]).toBeCloseTo(divergence(left[l]!, right[r]!), 5);
    for (const [prediction, expected] of [
      [result.base[i]!, left[l]!],
      [result.other[i]!, right[r]!],
    ] as const) {
      const order = [...expected.keys()].sort((a, b) => expected[b]! - expected[a]! || a - b).slice(0, 4);
      expect([...prediction.top.ids]).toEqual(order);
      expect(prediction.entropy).toBeCloseTo(entropyOf(expected), 5);
      expect(prediction.targets.map(({ rank }) => rank)).toEqual(
        [7, 0].map((target) => expected.filter((x) => x > expected[target]!).length),
      );
      prediction.targets.forEach(({ logProb }, n) => expect(logProb).toBeCloseTo(expected[[7, 0][n]!]!, 5));
    }
    const nextOf = (lines: readonly number[][], tokens: readonly number[], at: number) =>
      at + 1 < tokens.length ? expect.closeTo(lines[at]![tokens[at + 1]!]!, 5) : NaN;
    expect(result.baseNext[i]).toEqual(nextOf(left, LEFT, l));
    expect(result.otherNext[i]).toEqual(nextOf(right, edited, r));
  }
});

describe.each(GOLDEN_RUNS)("%s %j", (folder, change, recording = "golden.safetensors") => {
  it("finds no difference between equal runs, not even by rounding", async () => {
    const model = await loadChanged(await openFolder(folder), change);
    const { tokens } = await readGolden(folder, recording);
    const off = EDITS.map((edit) => ({ ...edit, on: false }));
    const result = await ask({ base: { tokens }, other: { tokens, edits: off }, k: 3 }, model);
    expect(result.pairs).toEqual(tokens.map((_, i) => [i, i]));
    expect([...result.kl]).toEqual(tokens.map(() => 0));
    expect(result.other).toEqual(result.base);
    expect(result.otherNext).toEqual(result.baseNext);
    expect(result.baseNext.at(-1)).toBeNaN();
  });
});

it("compares two models, and leaves KL out where their tokens differ", async () => {
  const device = await createCpuDevice();
  const [one, two] = [randomGpt2(device), randomGpt2(device, { n_layer: 1, n_embd: 12 }, 5)];
  const request = { base: { tokens: LEFT }, other: { tokens: RIGHT }, k: 2 };
  const [left, right] = [await logProbs(one, LEFT), await logProbs(two, RIGHT)];
  const same = await ask(request, one, two);
  same.pairs.forEach(([l, r], i) => expect(same.kl[i]).toBeCloseTo(divergence(left[l]!, right[r]!), 5));
  same.other.forEach(({ entropy }, i) => expect(entropy).toBeCloseTo(entropyOf(right[i]!), 5));

  const wider = randomGpt2(device, { vocab_size: 20 }, 7);
  const apart = await ask(request, one, wider, "The tokens differ.");
  expect(apart.klAbsent).toBe("The tokens differ.");
  expect([...apart.kl].every(Number.isNaN)).toBe(true);
  expect(apart.base).toEqual(same.base);
  const expected = await logProbs(wider, RIGHT);
  apart.other.forEach(({ entropy }, i) => expect(entropy).toBeCloseTo(entropyOf(expected[i]!), 5));
});

it("never has more logits at once than a buffer holds", async () => {
  const device = await createCpuDevice();
  const request = { base: { tokens: LEFT }, other: { tokens: [...LEFT].reverse() }, k: 3, targets: [2] };
  const whole = await ask(request, randomGpt2(device));
  // Room for two rows of 13 logits.
  Object.assign(device.limits, { maxBufferBytes: 2 * 13 * 4 });
  const dispatch = device.run.bind(device);
  const rows: unknown[] = [];
  device.run = (kernel, buffers, params) => {
    if (kernel.name === "klRows") rows.push(Reflect.get(params, "count"));
    dispatch(kernel, buffers, params);
  };
  const cut = await ask(request, randomGpt2(device));
  expect(rows).toEqual([2, 2, 2]);
  // Fewer rows at a time are summed in another order: equal but for rounding.
  cut.kl.forEach((value, i) => expect(value).toBeCloseTo(whole.kl[i]!, 5));
  cut.base.forEach(({ top }, i) => expect(top.ids).toEqual(whole.base[i]!.top.ids));
  expect([...cut.otherNext.slice(0, 5)]).toEqual(
    [...whole.otherNext.slice(0, 5)].map((x) => expect.closeTo(x, 5)),
  );
});

it("refuses what is not there, and leaves no memory behind", async () => {
  const device = await createCpuDevice();
  const model = randomGpt2(device);
  const request = { base: { tokens: LEFT }, other: { tokens: RIGHT }, k: 1 };
  const refused = (change: object) => expect(ask({ ...request, ...change }, model)).rejects;
  await refused({ pairs: [[5, 5]] }).toThrow(
    "Positions 5 and 5 were paired; the base has positions 0 to 5, the other 0 to 4.",
  );
  await refused({ pairs: [[-1, 0]] }).toThrow("Positions -1 and 0");
  await refused({ pairs: [[0.5, 0]] }).toThrow("Positions 0.5 and 0");
  await refused({ pairs: [] }).toThrow("no pairs");
  await refused({ k: 0 }).toThrow("at least one");
  await refused({ targets: [13] }).toThrow("ids 0 to 12");
  await refused({ other: { tokens: [99] } }).toThrow("99");

  await ask(request, model);
  const before = device.counters.buffersCreated;
  await ask(request, model);
  await refused({ other: { tokens: [99] } }).toThrow("99");
  await ask(request, model);
  expect(device.counters.buffersCreated).toBe(before);
});
