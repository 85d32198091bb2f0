/** Attribution by token: against the engine's gradients and, integrated, against runs at both ends of the path. */
import { beforeAll, describe, expect, it } from "vitest";
import type {
  EmbeddingBaseline,
  PromptTerm,
  TokenAttributionRequest,
  TokenAttributionResult,
} from "../../../protocol/gradients/attributions";
import { CancelToken, NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Edit } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { noise } from "../../../random/noise";
import { gradients } from "../../interp/gradients/gradients";
import { run } from "../../interp/pass/runRows";
import { loadChanged, openFolder } from "../../models/golden.samples";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { tokenAttribution } from "./tokenAttribution";

const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];
const READ = 6;
const LOG_PROB: PromptTerm = { kind: "logProb", position: READ, target: 3 };
const DIFFERENCE: readonly PromptTerm[] = [
  { kind: "logit", position: READ, target: 3 },
  { kind: "logit", position: READ, target: 9, weight: -1 },
];

let device: Device;
let model: Model;
beforeAll(async () => {
  device = await createCpuDevice();
  model = randomGpt2(device);
});

const requestOf = (given: Partial<TokenAttributionRequest>): TokenAttributionRequest => ({
  prompt: { tokens: TOKENS },
  scalar: [LOG_PROB],
  baseline: { kind: "zero" },
  steps: 16,
  rule: "midpoint",
  ...given,
});
const ask = (given: Partial<TokenAttributionRequest> = {}, on = model) =>
  tokenAttribution(on, requestOf(given), NEVER_CANCELLED);

const edit = (fields: object): Edit => ({ id: "e", on: true, strength: 1, ...fields }) as unknown as Edit;
const sum = (values: readonly number[]) => values.reduce((total, one) => total + one, 0);

async function embeddingsOf(tokens: readonly number[]): Promise<Float32Array> {
  return (await run(model, { rows: [{ tokens }], capture: ["embed"] })).captures[0]!.data;
}

describe("gradients by token", () => {
  it("are those of the engine, by norm and times the embedding", async () => {
    const { tokens, value } = await ask();
    const found = await gradients(model, {
      rows: [{ tokens: TOKENS }],
      scalars: [[{ ...LOG_PROB, row: 0 } as never]],
      sites: ["embed"],
    });
    expect(value).toBeCloseTo(found.values[0]!, 5);
    const [g, x] = [found.gradients[0]!.data, await embeddingsOf(TOKENS)];
    TOKENS.forEach((_, token) => {
      const own = [...g.slice(8 * token, 8 * token + 8)];
      expect(tokens.saliency[token]).toBeCloseTo(Math.hypot(...own), 5);
      expect(tokens.gradientInput[token]).toBeCloseTo(sum(own.map((one, i) => one * x[8 * token + i]!)), 5);
    });
    // Behind what is read.
    expect([tokens.saliency[7], tokens.gradientInput[7], tokens.integrated[7]]).toEqual([0, 0, 0]);
    expect(Math.max(...tokens.saliency)).toBeGreaterThan(0.01);
  });

  const base = noise(13, 7, 2);
  const scalars: [string, readonly PromptTerm[]][] = [
    ["a log-probability", [LOG_PROB]],
    ["a logit difference", DIFFERENCE],
    ["a logit alone", [{ kind: "logit", position: READ, target: 3 }]],
    [
      "a cross-entropy",
      [1, 4, 6].map((position) => ({ ...LOG_PROB, position, weight: -1 / 3 }) as PromptTerm),
    ],
    ["a divergence", [{ kind: "kl", position: 5, base }]],
    [
      "an expected value",
      [
        {
          kind: "expected",
          position: READ,
          answers: [1, 4, 9].map((target, i) => ({ target, value: 3 * i })),
        },
      ],
    ],
    ["heads", [{ kind: "site", site: "blocks.1.attn.z", position: 5, values: noise(8, 3), weight: 2 }]],
  ];

  it.each(scalars)("of %s: integrated, they complete, by both rules", async (_, scalar) => {
    for (const rule of ["midpoint", "trapezoid"] as const) {
      const found = await ask({ scalar, rule, steps: 64 });
      expect(Math.abs(found.value - found.baselineValue)).toBeGreaterThan(0.01);
      expect(sum(found.tokens.integrated)).toBeCloseTo(
        found.value - found.baselineValue + found.completenessError,
        6,
      );
      expect(Math.abs(found.completenessError)).toBeLessThan(3e-3);
      expect(found.alarms).toEqual([]);
    }
  });

  it("complete better with more steps", async () => {
    const errors = await Promise.all(
      [1, 4, 32].map(async (steps) => Math.abs((await ask({ steps })).completenessError)),
    );
    expect(errors[1]).toBeLessThan(errors[0]!);
    expect(errors[2]).toBeLessThan(errors[1]! / 4);
  });

  it("take as many points as the rule has", async () => {
    const [middles, ends] = [await ask({ steps: 5 }), await ask({ steps: 5, rule: "trapezoid" })];
    expect(ends.rows - middles.rows).toBe(1);
    expect([middles.rowsDone, ends.rowsDone]).toEqual([middles.rows, ends.rows]);
    // One step of the trapezoid is the mean of the gradients at both ends.
    const one = await ask({ steps: 1, rule: "trapezoid", baseline: { kind: "token", token: 7 } });
    const rows = [{ tokens: TOKENS.slice(0, 7) }, { tokens: TOKENS.slice(0, 7).map(() => 7) }];
    const scalar = rows.map((_, row) => ({ ...LOG_PROB, row, weight: 0.5 }) as never);
    const found = await gradients(model, { rows, scalars: [scalar], sites: ["embed"] });
    const [x, other] = [await embeddingsOf(TOKENS), await embeddingsOf([7])];
    TOKENS.slice(0, 7).forEach((_, token) => {
      let expected = 0;
      for (let i = 0; i < 8; i++) {
        const at = 8 * token + i;
        expected += (found.gradients[0]!.data[at]! + found.gradients[1]!.data[at]!) * (x[at]! - other[i]!);
      }
      expect(one.tokens.integrated[token]).toBeCloseTo(expected, 5);
    });
  });
});

describe("baselines", () => {
  it("are other embeddings, by name", async () => {
    const filled = async (token: number) => {
      const { scores } = await run(model, {
        rows: [{ tokens: TOKENS.map(() => token) }],
        score: [{ row: 0, position: READ, target: 3 }],
      });
      return scores[0]!;
    };
    const another = await ask({ baseline: { kind: "token", token: 7 } });
    expect(another.baselineValue).toBeCloseTo(await filled(7), 5);
    // A set of one token's texts has that token's embedding as its mean.
    const over = { name: "sevens", prompts: [{ text: "", tokens: [7, 7, 7] }] };
    const mean = await ask({ baseline: { kind: "mean", over } });
    expect(mean.baselineValue).toBeCloseTo(another.baselineValue, 5);
    mean.tokens.integrated.forEach((one, i) => expect(one).toBeCloseTo(another.tokens.integrated[i]!, 5));
    const edits = [edit({ kind: "zero", site: "embed" })];
    const zero = await ask({ prompt: { tokens: TOKENS, edits } });
    expect((await ask()).baselineValue).toBeCloseTo(zero.value, 5);
  });

  it("of the prompt's own mean: equal tokens have nothing to give", async () => {
    const tokens = [5, 5, 5, 5, 5, 5, 5, 5];
    const found = await ask({ prompt: { tokens }, baseline: { kind: "mean" } });
    expect(found.value).toBeCloseTo(found.baselineValue, 5);
    found.tokens.integrated.forEach((one) => expect(one).toBeCloseTo(0, 5));
    const { completenessError } = await ask({ baseline: { kind: "mean" }, steps: 64 });
    expect(Math.abs(completenessError)).toBeLessThan(1e-3);
  });

  it("leave fixed positions as they are", async () => {
    const baseline: EmbeddingBaseline = { kind: "token", token: 7 };
    const { tokens, baselineValue } = await ask({ baseline, fixed: [0, 3], filler: 7 });
    expect([tokens.integrated[0], tokens.integrated[3]]).toEqual([0, 0]);
    expect([tokens.replaced![0], tokens.replaced![3]]).toEqual([NaN, NaN]);
    const kept = TOKENS.map((token, i) => (i === 0 || i === 3 ? token : 7));
    const { scores } = await run(model, {
      rows: [{ tokens: kept }],
      score: [{ row: 0, position: READ, target: 3 }],
    });
    expect(baselineValue).toBeCloseTo(scores[0]!, 5);
  });
});

it("raises the alarm where nothing reaches the scalar", async () => {
  const edits = [edit({ kind: "zero", site: "resid_post", layers: [1] })];
  const { alarms, tokens: scores } = await ask({ prompt: { tokens: TOKENS, edits } });
  expect(alarms).toEqual([
    { kind: "allZero", site: "embed", at: "prompt" },
    { kind: "allZero", site: "embed", at: "path" },
  ]);
  expect(Math.max(...scores.saliency)).toBe(0);
});

it.each(["llama", "gemma2", "gpt_neox"])("%s completes", async (folder) => {
  const other = await loadChanged(await openFolder(folder), {});
  const { value, baselineValue, completenessError } = await ask(
    { steps: 64, baseline: { kind: "token", token: 8 }, scalar: DIFFERENCE },
    other,
  );
  expect(Math.abs(value - baselineValue)).toBeGreaterThan(1e-3);
  expect(Math.abs(completenessError)).toBeLessThan(0.02 * Math.abs(value - baselineValue) + 1e-3);
});

it("shows what is there, and keeps it when it is cancelled", async () => {
  const big = randomGpt2(device, { n_layer: 4, n_embd: 128, n_head: 8, n_positions: 256 });
  const tokens = Array.from({ length: 96 }, (_, i) => i % 13);
  const token = new CancelToken();
  const partials: TokenAttributionResult[] = [];
  const request = requestOf({
    prompt: { tokens },
    scalar: [{ ...LOG_PROB, position: 95 }],
    filler: 12,
    steps: 8,
  });
  const work = tokenAttribution(big, request, token, (partial) => {
    partials.push(partial);
    if (partial.tokens.replaced!.some((one) => one !== 0 && !Number.isNaN(one))) token.cancel();
  });
  await expect(work).rejects.toThrow("Cancelled");
  const kept = partials.at(-1)!;
  expect(kept.tokens.integrated.some(Number.isNaN)).toBe(false);
  expect(kept.rowsDone).toBeLessThan(kept.rows);
});

it("refuses what it cannot do, with the numbers", async () => {
  await expect(ask({ scalar: [] })).rejects.toThrow(/no terms/);
  await expect(ask({ scalar: [{ ...LOG_PROB, position: 8 }] })).rejects.toThrow(/positions 0 to 7/);
  await expect(ask({ steps: 0 })).rejects.toThrow(/0 steps/);
  await expect(ask({ fixed: [9] })).rejects.toThrow(/Position 9/);
  await expect(ask({ stepOf: [0, 1] })).rejects.toThrow(/2 tokens have a step; the prompt has 8/);
  await expect(ask({ filler: 13 })).rejects.toThrow(/Token 13/);
});
