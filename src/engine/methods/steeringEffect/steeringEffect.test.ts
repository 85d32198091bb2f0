/** Every cell is the run of an edit that adds the direction; controls are as long as the direction. */
import { beforeAll, describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Edit } from "../../../protocol/interventions";
import type { SteeringEffectRequest, SteeringEffectResult } from "../../../protocol/steering";
import { noise } from "../../../random/noise";
import { createCpuDevice } from "../../device/cpu";
import { resolveEdits } from "../../interp/interventions/index";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { randomDirection, steeringEffect } from "./steeringEffect";

let model: Model;
let request: SteeringEffectRequest;
const OWN: Edit[] = [
  { id: "a", on: true, kind: "scale", site: "mlp_out", layers: [0], factor: 2 },
  { id: "b", on: true, kind: "zero", site: "attn.pattern", layers: [1], heads: [0], strength: 0.5 },
];
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice());
  const directions = [0, 1].map((layer) => ({ layer, values: noise(model.config.dModel, layer + 3) }));
  request = {
    prompts: [{ tokens: [3, 1, 4, 1, 5] }, { tokens: [2, 7, 1], edits: OWN }, { tokens: [9] }],
    ...{ site: "resid_post", directions, strengths: [-1, 0, 2], at: "all", controls: 3, seed: 4 },
    metric: { kind: "logitDifference", target: 2, minus: 7 },
  };
});

/** The metric of one prompt with an edit more, by the run primitive. */
async function single(index: number, edit: object): Promise<number> {
  const { tokens, edits = [] } = request.prompts[index]!;
  const all = [...edits, { id: "s", on: true, kind: "add", ...edit } as unknown as Edit];
  const row = await resolveEdits(model, { tokens, edits: all });
  const score = [2, 7].map((target) => ({ row: 0, position: tokens.length - 1, target }));
  const { scores } = await run(model, { rows: [row], score });
  return scores[0]! - scores[1]!;
}

describe("the effect of directions", () => {
  it.each(["last", "all"] as const)("added at %s: each cell is the mean of single runs", async (at) => {
    const found = await steeringEffect(model, { ...request, at }, NEVER_CANCELLED);
    for (const [row, { layer, values }] of request.directions.entries()) {
      for (const [col, coefficient] of request.strengths.entries()) {
        const over = [];
        for (const [i, { tokens }] of request.prompts.entries()) {
          const direction = { kind: "vector", name: "d", values: [...Array.from(values)] };
          const positions = { from: at === "last" ? tokens.length - 1 : 0 };
          const where = { site: "resid_post", layers: [layer], positions };
          over.push(await single(i, { ...where, coefficient, direction }));
        }
        const mean = over.reduce((sum, x) => sum + x, 0) / 3;
        expect(found.values[row * 3 + col]).toBeCloseTo(mean, 4);
        const spread = Math.sqrt(over.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 2 / 3);
        expect(found.errors[row * 3 + col]).toBeCloseTo(spread, 4);
      }
    }
    // Strength 0 adds nothing, whatever the direction.
    expect(found.values[1]).toBeCloseTo(found.base, 5);
    expect(found.control[1]).toBeCloseTo(found.base, 5);
    expect(found.promptsDone).toBe(3);
  });

  it("of a random direction is the cell of that direction", async () => {
    const one = await steeringEffect(model, { ...request, controls: 1 }, NEVER_CANCELLED);
    const { seedAt } = await import("../../../random/seedAt");
    const directions = request.directions.map(({ layer, values }) => ({
      layer,
      values: randomDirection(values, seedAt(request.seed, layer, 1)),
    }));
    const direct = await steeringEffect(model, { ...request, directions, controls: 0 }, NEVER_CANCELLED);
    one.control.forEach((value, i) => expect(value).toBeCloseTo(direct.values[i]!, 5));
    expect(direct.control.every(Number.isNaN)).toBe(true);
    const many = await steeringEffect(model, request, NEVER_CANCELLED);
    many.control.forEach((value, i) => {
      expect(many.controlLowest[i]!).toBeLessThanOrEqual(value);
      expect(many.controlHighest[i]!).toBeGreaterThanOrEqual(value);
    });
  });

  it("takes random directions as long as the one that they stand in for, others for other seeds", () => {
    const values = noise(48, 1);
    const length = (list: ArrayLike<number>) => Math.hypot(...Array.from(list));
    expect(length(randomDirection(values, 1))).toBeCloseTo(length(values), 5);
    expect(randomDirection(values, 1)).toEqual(randomDirection(values, 1));
    expect(randomDirection(values, 2)).not.toEqual(randomDirection(values, 1));
    expect(length(randomDirection(new Float32Array(4), 1))).toBe(0);
  });

  it("refuses what does not fit, by name", async () => {
    const bad = async (more: Partial<SteeringEffectRequest>, message: RegExp) =>
      expect(steeringEffect(model, { ...request, ...more }, NEVER_CANCELLED)).rejects.toThrow(message);
    await bad({ prompts: [] }, /0 prompts; take from 1/);
    await bad({ directions: [{ layer: 9, values: [1] }] }, /layer 9; this model has layers 0 to/);
    await bad(
      { directions: [{ layer: 0, values: [1, 2] }] },
      /has 2 numbers; this model's residual stream has/,
    );
    await bad({ strengths: [Infinity] }, /strength is Infinity/);
    await bad({ controls: 1000 }, /1000 controls/);
    await bad({ metric: { kind: "logProb", target: 1e6 } }, /names token 1000000/);
  });

  it("that is cancelled keeps the prompts that are done", async () => {
    let pauses = 0;
    const pauser = { pause: () => (++pauses > 2 ? Promise.reject(new Error("stop")) : Promise.resolve()) };
    let last: SteeringEffectResult | undefined;
    await expect(steeringEffect(model, request, pauser, (so) => (last = so))).rejects.toThrow("stop");
    expect(last!.promptsDone).toBeGreaterThan(0);
    expect(last!.promptsDone).toBeLessThan(3);
    expect(last!.values.some(Number.isNaN)).toBe(false);
  });
});
