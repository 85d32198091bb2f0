/** One recorded pass: its readers, in one chunk of logits or in many, and sites that are frozen. */
import { beforeEach, describe, expect, it } from "vitest";
import { createCpuDevice } from "../../device/cpu";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { makeCache } from "../../models/sizes";
import { EMPTY_CONTEXT, type Segment } from "../batch/rowContext";
import {
  readForward,
  recordForward,
  rowsAtOnce,
  type ForwardRequest,
  type ForwardResult,
} from "./forwardPass";

const ROWS = [[3, 1, 4, 1, 5, 9, 2, 6], [5], [7, 7, 2]];
const segments: Segment[] = ROWS.map((tokens) => ({ context: EMPTY_CONTEXT, tokens }));

let model: Model;
beforeEach(async () => {
  model = randomGpt2(await createCpuDevice());
});

async function read(asks: ForwardRequest, rows: readonly Segment[] = segments): Promise<ForwardResult> {
  const cache = makeCache(model, 40);
  try {
    return await readForward(model, recordForward(model, cache, rows, asks));
  } finally {
    cache.release();
  }
}

/** Logits of so many rows fit in one buffer. */
function allowRows(rows: number): void {
  const { device } = model.memory;
  const limits = { ...device.limits, maxBufferBytes: 4 * model.config.dVocab * rows };
  Object.defineProperty(device, "limits", { value: limits });
}

/** A product of a few rows is added up in another order than one of many. */
function expectClose(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-5));
}

describe("readers", () => {
  const places = [
    { segment: 2, index: 1 },
    { segment: 0, index: 7 },
    { segment: 0, index: 2 },
    { segment: 1, index: 0 },
    { segment: 0, index: 7 },
  ];
  const targets = places.map((place, i) => ({ ...place, target: 2 * i }));
  const asks: ForwardRequest = {
    score: targets,
    logits: targets.slice(1),
    top: { places, k: 3 },
    kl: { base: Float32Array.from({ length: 13 }, (_, i) => i / 5), places: places.slice(2) },
  };

  it("agree with the logits that they read, in the order asked", async () => {
    const { captures } = await read({ capture: new Set(["logits"]) });
    const starts = [0, 8, 9];
    const rowOf = ({ segment, index }: (typeof places)[number]) => {
      const row = starts[segment]! + index;
      return [...captures[0]!.data.subarray(13 * row, 13 * (row + 1))];
    };
    const logSum = (row: readonly number[]) => Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
    const found = await read(asks);
    targets.forEach((ask, i) => {
      const row = rowOf(ask);
      expect(found.scores[i]).toBeCloseTo(row[ask.target]! - logSum(row), 4);
      if (i > 0) expect(found.logits[i - 1]).toBe(row[ask.target]);
      const best = row.map((_, id) => id).sort((a, b) => row[b]! - row[a]!);
      expect([...found.top[i]!.ids]).toEqual(best.slice(0, 3));
    });
    const base = [...asks.kl!.base];
    asks.kl!.places.forEach((place, i) => {
      const row = rowOf(place);
      const kl = base.reduce((sum, x, id) => {
        const logP = x - logSum(base);
        return sum + Math.exp(logP) * (logP - row[id]! + logSum(row));
      }, 0);
      expect(found.kl[i]).toBeCloseTo(kl, 4);
    });
  });

  it.each([1, 2, 3])("read the same where only %i rows of logits fit at a time", async (rows) => {
    const whole = await read(asks);
    const { data: logits } = (await read({ capture: new Set(["logits"]) })).captures[0]!;
    allowRows(rows);
    expect(rowsAtOnce(model)).toBe(rows);
    const found = await read(asks);
    expectClose(found.scores, whole.scores);
    expectClose(found.logits, whole.logits);
    expectClose(found.kl, whole.kl);
    expect(found.top.map(({ ids }) => ids)).toEqual(whole.top.map(({ ids }) => ids));
    found.top.forEach(({ logProbs }, i) => expectClose(logProbs, whole.top[i]!.logProbs));
    const [captured] = (await read({ ...asks, capture: new Set(["logits"]) })).captures;
    expect(captured!.shape).toEqual([12, 13]);
    expectClose(captured!.data, logits);
  });

  it("draw the most probable token at temperature 0", async () => {
    const sampling = { temperature: 0, topK: 0, topP: 1, seed: 1, step: 0 };
    const { sampled, top } = await read({ sample: { places, sampling } });
    const best = await read({ top: { places, k: 1 } });
    expect([...sampled]).toEqual(best.top.map(({ ids }) => ids[0]));
    expect(top).toEqual([]);
  });

  it("read nothing where nothing is asked", async () => {
    const { readBacks } = model.memory.device.counters;
    const found = await read({});
    expect([found.scores, found.logits, found.sampled, found.kl].map(({ length }) => length)).toEqual([
      0, 0, 0, 0,
    ]);
    expect(model.memory.device.counters.readBacks).toBe(readBacks);
  });
});

describe("frozen sites", () => {
  const sites = new Set(["blocks.1.attn.pattern", "blocks.1.ln1.scale", "ln_final.scale"]);
  const interventions = [{ kind: "affine" as const, site: "blocks.0.resid_post", keep: 0.5 }];
  const edited = segments.map((segment) => ({ ...segment, interventions }));
  const capture = new Set([...sites, "logits"]);

  it("are what they are without the edits, also where they are captured", async () => {
    const plain = await read({ capture });
    const free = await read({ capture }, edited);
    const frozen = await read(
      { capture },
      edited.map((segment) => ({ ...segment, frozen: sites })),
    );
    const dataOf = ({ captures }: ForwardResult, name: string) =>
      captures.find(({ site }) => site === name)!.data;
    for (const site of sites) {
      expect(dataOf(frozen, site)).toEqual(dataOf(plain, site));
      expect(dataOf(free, site)).not.toEqual(dataOf(plain, site));
    }
    expect(dataOf(frozen, "logits")).not.toEqual(dataOf(plain, "logits"));
    expect(dataOf(frozen, "logits")).not.toEqual(dataOf(free, "logits"));
  });

  it("leave nothing on the device", async () => {
    const rows = edited.map((segment) => ({ ...segment, frozen: sites }));
    await read({ capture }, rows);
    const { buffersCreated } = model.memory.device.counters;
    await read({ capture }, rows);
    expect(model.memory.device.counters.buffersCreated).toBe(buffersCreated);
  });
});
