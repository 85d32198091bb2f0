/** Thought anchors on models whose decisive step is known, and against runs one by one. */
import { beforeAll, describe, expect, it } from "vitest";
import { LEAST_KL, type RolloutsRequest, type RolloutsResult } from "../../../protocol/anchors";
import { CancelToken, NEVER_CANCELLED } from "../../../protocol/cancel";
import type { ChainTokens } from "../../../protocol/chain";
import { resamplingImportances, shareOf } from "../../../statistics/anchorImportance";
import { headScore, verticalScores } from "../../../statistics/receiverHeads";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { openModelFiles } from "../../formats/modelFiles";
import { fileFromBytes } from "../../formats/bytes/source";
import { run } from "../../interp/pass/runRows";
import { loadModel } from "../../models/loading/loadModel";
import type { Model } from "../../models/model";
import { placeFiles } from "../../models/placeModel.samples";
import { plantedModel } from "../../models/plantedModel.samples";
import { randomGpt2 } from "../../models/randomModel";
import { anchorRollouts, normalisedAnswer, stepAttention, stepSuppression } from "./anchors";
import { ASKED, CHAIN, IDS } from "./anchors.samples";
import { cosine } from "./rolloutText";
import { klAt } from "./suppression";

let device: Device;
let model: Model;
beforeAll(async () => {
  device = await createCpuDevice();
  model = randomGpt2(device);
});

const rolled = (on: Model, changes: Partial<RolloutsRequest> = {}) =>
  anchorRollouts(on, IDS, { ...ASKED, ...changes }, NEVER_CANCELLED);

function importances({ rollouts }: RolloutsResult, n: number, forced: boolean): number[] {
  const shares = Array.from({ length: n + 1 }, (_, start) =>
    shareOf(rollouts.filter((one) => one.forced === forced && one.start === start).map(({ right }) => right)),
  );
  return resamplingImportances(shares).map(({ value }) => value);
}

describe("importances", () => {
  // At this temperature every token is followed by the next id; 4 by the cue, which copies the 4.
  const cold = { temperature: 0.05, topP: 1, maxTokens: 8, layer: 0, rollouts: 10 };

  it("are 1 at the step that the answer rests on and 0 elsewhere", async () => {
    const chain: ChainTokens = {
      ...{ prompt: [0, 6], answerPrefix: [5], answer: [4] },
      steps: [
        [7, 8],
        [9, 4],
        [10, 4],
      ],
    };
    const result = await rolled(await plantedModel(device, "for the digit"), { ...cold, chain });
    expect(importances(result, 3, false)).toEqual([0, 1, 0]);
    expect(importances(result, 3, true)).toEqual([0, 1, 0]);
    expect(result.rollouts).toHaveLength(80);
    const free = result.rollouts.filter(({ forced }) => !forced);
    expect(free.find(({ start }) => start === 0)).toMatchObject({ text: " 7 8 9 10 11 0 1 2", right: false });
    expect(free.find(({ start }) => start === 2)).toMatchObject({ answer: "4", right: true });
  });

  it("are 0 for a model that ignores its chain", async () => {
    const chain: ChainTokens = {
      ...{ prompt: [0, 4], answerPrefix: [5], answer: [6] },
      steps: [
        [7, 4],
        [9, 4],
        [10, 4],
      ],
    };
    const result = await rolled(await plantedModel(device, "nowhere"), { ...cold, chain });
    expect(importances(result, 3, false)).toEqual([0, 0, 0]);
    expect(importances(result, 3, true)).toEqual([0, 0, 0]);
    expect(result.rollouts.every(({ right }) => right)).toBe(true);
  });
});

describe("rollouts", () => {
  it("are the same for the same seed, however many are written together", async () => {
    const once = await rolled(model);
    for (const rows of [1, 7]) {
      const again = await anchorRollouts(model, IDS, ASKED, NEVER_CANCELLED, undefined, rows);
      expect(again.rollouts.map(({ text }) => text)).toEqual(once.rollouts.map(({ text }) => text));
    }
    const more = await rolled(model, { rollouts: 8 });
    expect(more.rollouts.filter(({ index }) => index < 6).map(({ text }) => text)).toEqual(
      once.rollouts.map(({ text }) => text),
    );
    expect((await rolled(model, { seed: 8 })).rollouts.map(({ text }) => text)).not.toEqual(
      once.rollouts.map(({ text }) => text),
    );
  });

  it("carry the cosine of each written step with each old one", async () => {
    const { rollouts } = await rolled(model);
    const one = rollouts.find(({ start, steps, forced }) => !forced && start === 1 && steps.length > 1)!;
    const site = "blocks.1.resid_post";
    const mean = async (before: readonly number[], step: readonly number[]) => {
      const { captures } = await run(model, { rows: [{ tokens: [...before, ...step] }], capture: [site] });
      const width = model.config.dModel;
      const sum = new Float64Array(width);
      for (let t = before.length; t < before.length + step.length; t++)
        for (let d = 0; d < width; d++) sum[d]! += captures[0]!.data[t * width + d]!;
      return sum;
    };
    const written = await mean([...CHAIN.prompt, ...CHAIN.steps[0]!], one.steps[0]!);
    const old = await mean([...CHAIN.prompt, ...CHAIN.steps[0]!, ...CHAIN.steps[1]!], CHAIN.steps[2]!);
    expect(one.cosine[2]).toBeCloseTo(cosine(written, old), 4);
    expect(one.cosine).toHaveLength(4 * one.steps.length);
  });

  it("are drawn as the model says", async () => {
    const { rollouts } = await rolled(model, { rollouts: 400, temperature: 1, topP: 1, maxTokens: 1 });
    const tokens = [...CHAIN.prompt, ...CHAIN.steps[0]!];
    const { top } = await run(model, {
      rows: [{ tokens }],
      top: [{ row: 0, position: tokens.length - 1, k: 3 }],
    });
    const first = rollouts.filter(({ start, forced }) => start === 1 && !forced);
    top[0]!.ids.forEach((id, i) => {
      const share = first.filter(({ text }) => text === ` ${id}`).length / 400;
      expect(Math.abs(share - Math.exp(top[0]!.logProbs[i]!))).toBeLessThan(0.08);
    });
  });

  it("stop when they are cancelled, and refuse what has no answer", async () => {
    const token = new CancelToken();
    token.cancel();
    await expect(anchorRollouts(model, IDS, ASKED, token)).rejects.toMatchObject({ name: "Cancelled" });
    await expect(rolled(model, { chain: { ...CHAIN, answer: [] } })).rejects.toThrow(/reference answer/);
  });

  it("compare answers as text", () => {
    expect(normalisedAnswer(" 10 apples", " 10")).toBe("10");
    expect(normalisedAnswer(" 1,000.", "1000")).toBe("1000");
    expect(normalisedAnswer(" Yes.\nNo", " yes")).toBe("yes");
  });
});

it("suppresses attention as one run for each hidden step does, and only later parts", async () => {
  const { n, logKl } = await stepSuppression(model, { chain: CHAIN, temperature: 0.6 }, NEVER_CANCELLED);
  const parts = [...CHAIN.steps, CHAIN.answerPrefix];
  const starts = parts.map((_, j) => CHAIN.prompt.length + parts.slice(0, j).flat().length);
  const all = [CHAIN.prompt, ...parts].flat();
  const width = model.config.dVocab;
  for (let i = 0; i < n; i++) {
    const end = starts[i + 1]!;
    const hiddenPositions = CHAIN.steps[i]!.map((_, t) => starts[i]! + t);
    const { captures } = await run(model, {
      rows: [
        { tokens: all.slice(0, end) },
        { tokens: all.slice(end), parent: 0 },
        { tokens: all.slice(end), parent: 0, hiddenPositions },
      ],
      capture: ["logits"],
    });
    for (let j = 0; j <= n; j++) {
      const own = logKl[i * (n + 1) + j]!;
      if (j <= i) {
        expect(own).toBeNaN();
        continue;
      }
      const logs = parts[j]!.map((_, t) => {
        const from = (starts[j]! - end + t) * width;
        const [base, masked] = [1, 2].map((row) => captures[row]!.data.subarray(from, from + width));
        return Math.log(Math.max(LEAST_KL, klAt(base!, masked!, 0.6)));
      });
      expect(own).toBeCloseTo(logs.reduce((sum, x) => sum + x, 0) / logs.length, 2);
    }
  }
});

it("finds the planted receiver head", async () => {
  const chain = { ...CHAIN, steps: Array.from({ length: 12 }, () => [1, 2]) };
  const scores: number[] = [];
  // The head of the first looks at one place of step 1, that of the second a few tokens back.
  for (const looks of [{ back: 6 }, { fixed: CHAIN.prompt.length + 3 }]) {
    const files = await openModelFiles(
      placeFiles(looks).map(({ name, bytes }) => fileFromBytes(name, bytes)),
    );
    const placed = (await loadModel(device, files, "f32", NEVER_CANCELLED)).model;
    const { n, attention } = await stepAttention(placed, { chain }, NEVER_CANCELLED);
    const columns = verticalScores(attention, n, 4, false);
    if ("fixed" in looks) expect(columns.slice(0, 5).map((x) => +x.toFixed(3))).toEqual([0, 0.5, 0, 0, 0]);
    scores.push(headScore(columns));
  }
  const { n, nLayers, nHeads, attention } = await stepAttention(model, { chain }, NEVER_CANCELLED);
  for (let head = 0; head < nLayers * nHeads; head++)
    scores.push(headScore(verticalScores(attention.subarray(head * n * n, (head + 1) * n * n), n, 4, false)));
  expect(scores[1]).toBe(Math.max(...scores.filter((score) => !Number.isNaN(score))));
});
