/** The run: sharing a prefix, hiding keys and packing rows change what is computed, never the numbers. */
import { beforeAll, describe, expect, it } from "vitest";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { sitesOf, type Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { run } from "./runRows";

let device: Device;
let model: Model;
beforeAll(async () => {
  device = await createCpuDevice();
  model = randomGpt2(device);
});

const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];
const TARGETS = [7, 0, 12];

function scoresAt(
  rows: { tokens: number[]; parent?: number; startPosition?: number; hiddenPositions?: number[] }[],
  row: number,
  position: number,
) {
  return run(model, { rows, score: TARGETS.map((target) => ({ row, position, target })) });
}

function expectClose(actual: Float32Array, expected: Float32Array, tolerance = 1e-5) {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(tolerance));
}

describe("run", () => {
  it("gives log-probabilities that sum to one over the vocabulary", async () => {
    const { scores } = await run(model, {
      rows: [{ tokens: TOKENS }],
      score: Array.from({ length: 13 }, (_, target) => ({ row: 0, position: 7, target })),
    });
    expect(scores.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 5);
  });

  it("gives the same numbers when a row extends a parent", async () => {
    const whole = await scoresAt([{ tokens: TOKENS }], 0, 7);
    const split = await scoresAt(
      [
        { tokens: TOKENS.slice(0, 3) },
        { tokens: TOKENS.slice(3, 5), parent: 0 },
        { tokens: TOKENS.slice(5), parent: 1 },
      ],
      2,
      7,
    );
    expectClose(split.scores, whole.scores);
    expect(split.evaluatedTokens).toBe(TOKENS.length);
  });

  it("gives every ragged row of a batch what it gets alone", async () => {
    const rows = [TOKENS, [2], [5, 5, 5], TOKENS.slice(2)].map((tokens) => ({ tokens }));
    for (const [row, { tokens }] of rows.entries()) {
      const together = await scoresAt(rows, row, tokens.length - 1);
      const alone = await scoresAt([{ tokens }], 0, tokens.length - 1);
      expectClose(together.scores, alone.scores);
    }
  });

  it("treats a hidden position as if its token were never there, positions kept", async () => {
    const masked = await scoresAt([{ tokens: TOKENS, hiddenPositions: [3, 4] }], 0, 7);
    const skipped = await scoresAt(
      [{ tokens: TOKENS.slice(0, 3) }, { tokens: TOKENS.slice(5), parent: 0, startPosition: 5 }],
      1,
      7,
    );
    expectClose(masked.scores, skipped.scores);
    const other = TOKENS.map((token, i) => (i === 3 || i === 4 ? 11 - token : token));
    const masked2 = await scoresAt([{ tokens: other, hiddenPositions: [3, 4] }], 0, 7);
    expectClose(masked2.scores, masked.scores);
  });

  it("hides a parent's keys from its children only", async () => {
    const rows = [
      { tokens: TOKENS.slice(0, 5) },
      { tokens: TOKENS.slice(5), parent: 0, hiddenPositions: [0] },
    ];
    const hidden = await scoresAt(rows, 1, 7);
    const whole = await scoresAt([{ tokens: TOKENS }], 0, 7);
    expect(Math.abs(hidden.scores[0]! - whole.scores[0]!)).toBeGreaterThan(1e-3);
  });

  it("captures every site in its documented shape, and the tapped path equals the fused one", async () => {
    const sites = sitesOf(model);
    const { captures, scores } = await run(model, {
      rows: [{ tokens: TOKENS }],
      capture: sites,
      score: [{ row: 0, position: 7, target: 7 }],
    });
    expect(captures.map(({ site }) => site).sort()).toEqual([...sites].sort());
    const shapeOf = (site: string) => captures.find((capture) => capture.site === site)!.shape;
    expect(shapeOf("embed")).toEqual([8, 8]);
    expect(shapeOf("blocks.1.attn.q")).toEqual([8, 2, 4]);
    expect(shapeOf("blocks.1.attn.pattern")).toEqual([2, 8, 8]);
    expect(shapeOf("blocks.0.mlp.pre")).toEqual([8, 32]);
    expect(shapeOf("logits")).toEqual([8, 13]);
    const fused = await scoresAt([{ tokens: TOKENS }], 0, 7);
    expect(Math.abs(scores[0]! - fused.scores[0]!)).toBeLessThan(1e-5);
    const pattern = captures.find(({ site }) => site === "blocks.0.attn.pattern")!.data;
    for (let row = 0; row < 16; row++) {
      expect(pattern.subarray(row * 8, row * 8 + 8).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    }
  });

  it("puts a captured pattern at the positions of its keys when some are hidden", async () => {
    const { captures } = await run(model, {
      rows: [{ tokens: TOKENS, hiddenPositions: [1] }],
      capture: ["blocks.0.attn.pattern", "blocks.0.attn.scores"],
    });
    const at = (data: Float32Array, head: number, query: number, key: number) =>
      data[(head * 8 + query) * 8 + key];
    const scores = captures[0]!.site.endsWith("scores") ? captures[0]! : captures[1]!;
    const pattern = captures[0]!.site.endsWith("pattern") ? captures[0]! : captures[1]!;
    expect(at(pattern.data, 0, 5, 1)).toBe(0);
    expect(at(scores.data, 0, 5, 1)).toBe(-Infinity);
    expect(at(pattern.data, 0, 1, 1)).toBeGreaterThan(0);
    expect(at(pattern.data, 0, 2, 5)).toBe(0);
  });

  it("returns the top tokens, most probable first", async () => {
    const { top } = await run(model, { rows: [{ tokens: TOKENS }], top: [{ row: 0, position: 7, k: 13 }] });
    const logProbs = top[0]!.logProbs;
    expect([...logProbs]).toEqual([...logProbs].sort((a, b) => b - a));
    expect(new Set(top[0]!.ids).size).toBe(13);
    expect(logProbs.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 5);
  });

  it("creates no buffer when the same run comes again, and submits once per depth", async () => {
    const spec = {
      rows: [{ tokens: TOKENS }, { tokens: [1, 2], parent: 0 }],
      score: [{ row: 1, position: 9, target: 3 }],
    };
    await run(model, spec);
    const before = { ...device.counters };
    await run(model, spec);
    expect(device.counters.buffersCreated).toBe(before.buffersCreated);
    expect(device.counters.submits - before.submits).toBeLessThanOrEqual(2);
    expect(device.counters.readBacks - before.readBacks).toBe(1);
  });

  it.each([
    [{ rows: [{ tokens: [] }] }, /row 0 has no tokens/],
    [{ rows: [{ tokens: [99] }] }, /token id 99/],
    [{ rows: [{ tokens: [1], parent: 0 }] }, /parent must be an earlier row/],
    [{ rows: [{ tokens: [1] }], score: [{ row: 0, position: 4, target: 0 }] }, /position 4/],
    [{ rows: [{ tokens: Array(65).fill(1) }] }, /context is 64/],
  ])("refuses a run that makes no sense: %j", async (spec, message) => {
    await expect(run(model, spec as never)).rejects.toThrow(message);
  });
});
