/** Effects of latents on a logit, against reruns and dense algebra; batches, and what is refused. */
import { beforeAll, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import type { Intervention } from "../../../protocol/interventions";
import { attachRandom } from "../../interp/sae/attachRandom.samples";
import { run } from "../../interp/pass/runRows";
import { randomGpt2 } from "../../models/randomModel";
import { latentEffects } from "./saeEffects";
import { effectTests } from "./saeEffects.samples";

let device: Device;
beforeAll(async () => {
  device = await createCpuDevice();
});

effectTests(() => randomGpt2(device));

const prompt = { tokens: [3, 1, 4, 1, 5, 9, 2, 6] };
const ask = { sae: 1, prompt, positions: [1, 2, 5, 7], readAt: 5, target: 4, most: 100 };

it("has no candidates after the position that is read, and none where nothing is active", async () => {
  const model = randomGpt2(device);
  attachRandom(model, 1, { kind: "topk", siteIn: "blocks.0.resid_post" });
  const effects = await latentEffects(model, ask, NEVER_CANCELLED);
  expect(effects.length).toBeGreaterThan(5);
  expect(effects.every(({ position }) => [1, 2, 5].includes(position))).toBe(true);
  expect(effects.every(({ ablation }) => Number.isFinite(ablation))).toBe(true);
  expect(await latentEffects(model, { ...ask, positions: [7] }, NEVER_CANCELLED)).toEqual([]);
  const few = await latentEffects(model, { ...ask, most: 2 }, NEVER_CANCELLED);
  expect(few.map(({ latent }) => latent)).toEqual(effects.slice(0, 2).map(({ latent }) => latent));
});

it("gives the same in batches", async () => {
  // A wide model: a batch of the CPU device holds few rows.
  const model = randomGpt2(device, { n_embd: 512, n_head: 4 });
  attachRandom(model, 1, { kind: "topk", siteIn: "blocks.0.resid_post" });
  let pauses = 0;
  const pauser = { pause: () => Promise.resolve(void pauses++) };
  const effects = await latentEffects(model, ask, pauser);
  expect(pauses).toBeGreaterThan(1);
  const logit = async (interventions: Intervention[]) => {
    const rows = [{ tokens: prompt.tokens, interventions }];
    return (await run(model, { rows, capture: ["logits"] })).captures[0]!.data[5 * 13 + 4]!;
  };
  const before = await logit([]);
  for (const { latent, ablation } of effects) {
    const changes = [{ latent, op: "ablate", amount: 0 }] as const;
    const after = await logit([{ kind: "latents", sae: 1, changes, error: "kept", positions: [1, 2, 5] }]);
    // Logits of this model are some hundred.
    expect(Math.abs(ablation - (before - after))).toBeLessThan(1e-3);
  }
});

it("refuses what is not there", async () => {
  const model = randomGpt2(device);
  attachRandom(model, 1, { kind: "relu", siteIn: "blocks.0.resid_post" });
  const asking = (change: Partial<typeof ask & { minus: number }>) =>
    latentEffects(model, { ...ask, ...change }, NEVER_CANCELLED);
  await expect(asking({ positions: [8] })).rejects.toThrow(/positions 0 to 7/);
  await expect(asking({ readAt: -1 })).rejects.toThrow(/positions 0 to 7/);
  await expect(asking({ target: 13 })).rejects.toThrow(/ids 0 to 12/);
  await expect(asking({ minus: 99 })).rejects.toThrow(/Token 99/);
  await expect(asking({ most: 0 })).rejects.toThrow(/at least one/);
});
