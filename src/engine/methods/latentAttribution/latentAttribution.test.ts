/** Latents by gradient: the parts of a site, slopes, the path, steps, edits, cancelling, refusals. */
import { beforeAll, expect, it } from "vitest";
import type { LatentAttributionResult } from "../../../protocol/gradients/latentAttributions";
import { CancelToken } from "../../../protocol/cancel";
import type { Edit } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { attachRandom } from "../../interp/sae/attachRandom.samples";
import { run } from "../../interp/pass/runRows";
import { randomGpt2 } from "../../models/randomModel";
import { latentAttribution } from "./latentAttribution";
import { ask, latentAttributionTests, READ, requestOf, TOKENS } from "./latentAttribution.samples";

const V = 13;
let device: Device;
beforeAll(async () => {
  device = await createCpuDevice();
});

latentAttributionTests(() => randomGpt2(device));

const attached = () => {
  const model = randomGpt2(device);
  attachRandom(model, 1, { kind: "topk", siteIn: "blocks.0.resid_post" });
  return model;
};
const edit = (fields: object): Edit => ({ id: "e", on: true, strength: 1, ...fields }) as unknown as Edit;

it("is the slope of scaling a latent down, under the prompt's edits", async () => {
  const model = attached();
  const halved = edit({ kind: "scale", site: "attn.z", layers: [1], factor: 0.3 });
  const prompt = { tokens: TOKENS, edits: [halved] };
  const { latents } = await ask(model, { prompt });
  const bare = await ask(model);
  expect(latents[0]!.estimate).not.toBeCloseTo(bare.latents[0]!.estimate, 3);
  const scale = { kind: "affine", site: "blocks.1.attn.z", keep: 0.3 } as const;
  const at = async (latent: number, amount: number) => {
    const change = { kind: "latents", sae: 1, error: "kept", positions: [1, 3, 4, 6] } as const;
    const changes = [{ latent, op: "scale", amount }] as const;
    const rows = [{ tokens: TOKENS, interventions: [scale, { ...change, changes }] }];
    const { captures } = await run(model, { rows, capture: ["logits"] });
    return captures[0]!.data[READ * V + 7]! - captures[0]!.data[READ * V + 2]!;
  };
  const h = 0.01;
  const size = Math.abs(latents[0]!.estimate);
  for (const { latent, estimate } of latents.slice(0, 8)) {
    const slope = ((await at(latent, 1 + h)) - (await at(latent, 1 - h))) / (2 * h);
    expect(Math.abs(slope - estimate)).toBeLessThan(0.02 * size);
  }
});

it("has latents that sum to what taking all of them out does, along the path", async () => {
  const model = attached();
  const { latents, pathDifference, parts } = await ask(model, { steps: 64 });
  const sum = latents.reduce((total, { estimate }) => total + estimate, 0);
  expect(Math.abs(pathDifference!)).toBeGreaterThan(0.1);
  expect(Math.abs(sum - pathDifference!)).toBeLessThan(0.01 * Math.abs(pathDifference!));
  expect(parts.latents + parts.error + parts.bias).toBeCloseTo(parts.whole, 3);
  const changes = Array.from({ length: 40 }, (_, latent) => ({ latent, op: "ablate", amount: 0 }) as const);
  const without = { kind: "latents", sae: 1, changes, error: "kept", positions: [1, 3, 4, 6] } as const;
  const rows = [{ tokens: TOKENS }, { tokens: TOKENS, interventions: [without] }];
  const { captures } = await run(model, { rows, capture: ["logits"] });
  const [as, out] = captures.map(({ data }) => data[READ * V + 7]! - data[READ * V + 2]!);
  expect(pathDifference).toBeCloseTo(as! - out!, 3);
  // One point at the middle is not the gradient in the prompt.
  const [one, here] = [await ask(model, { steps: 1 }), await ask(model)];
  expect(one.parts.latents).not.toBeCloseTo(here.parts.latents, 3);
  expect(here.pathDifference).toBeUndefined();
});

it("sums by step of a chain", async () => {
  const stepOf = [-1, -1, 0, 0, 0, 1, 1, 2];
  const found = await ask(attached(), { positions: [...TOKENS.keys()], stepOf });
  expect(found.steps!.map(({ step }) => step)).toEqual([-1, 0, 1]);
  for (const name of ["latents", "error", "bias", "whole"] as const) {
    const sum = found.steps!.reduce((total, step) => total + step[name], 0);
    expect(sum).toBeCloseTo(found.parts[name], 6);
  }
  for (const { bySteps, estimate } of found.latents)
    expect(bySteps!.reduce((sum, one) => sum + one, 0)).toBeCloseTo(estimate, 8);
  const own = await ask(attached(), { positions: [2, 3, 4] });
  const of = new Map(own.latents.map(({ latent, estimate }) => [latent, estimate]));
  for (const { latent, bySteps } of found.latents) expect(bySteps![1]).toBeCloseTo(of.get(latent) ?? 0, 5);
  expect(found.steps![1]!.latents).toBeCloseTo(own.parts.latents, 5);
});

it("tells that a gradient is nothing but zeros", async () => {
  const { alarms, latents } = await ask(attached(), { minus: 7 });
  expect(alarms).toEqual([{ kind: "allZero", site: "blocks.0.resid_post", at: "prompt" }]);
  latents.forEach(({ estimate }) => expect(Math.abs(estimate)).toBe(0));
});

it("counts what it does, and keeps what is done when it is cancelled", async () => {
  // A wide model: a batch of the CPU device holds few rows.
  const model = randomGpt2(device, { n_embd: 512, n_head: 4 });
  attachRandom(model, 1, { kind: "topk", siteIn: "blocks.0.resid_post" });
  const check = { largest: 100, random: 0, seed: 1 };
  const whole = await ask(model, { check, steps: 2 });
  expect([whole.done, whole.total]).toEqual([2 + whole.active, 2 + whole.active]);
  const token = new CancelToken();
  let kept: LatentAttributionResult | undefined;
  const work = latentAttribution(model, requestOf({ check }), token, (partial) => {
    kept = partial;
    if (partial.latents.length > 0) token.cancel();
  });
  await expect(work).rejects.toThrow("Cancelled");
  expect(kept!.latents.length).toBeGreaterThan(0);
  expect(kept!.done).toBeLessThan(kept!.total);
});

it("refuses what is not there", async () => {
  const model = attached();
  await expect(ask(model, { positions: [8] })).rejects.toThrow(/positions 0 to 7/);
  await expect(ask(model, { positions: [7] })).rejects.toThrow(/No position is asked up to 6/);
  await expect(ask(model, { target: 13 })).rejects.toThrow(/ids 0 to 12/);
  await expect(ask(model, { most: 0 })).rejects.toThrow(/at least one/);
  await expect(ask(model, { steps: 0 })).rejects.toThrow(/from 1 on/);
  await expect(ask(model, { stepOf: [0] })).rejects.toThrow(/has 8 tokens/);
  await expect(ask(model, { sae: 9 })).rejects.toThrow(/No autoencoder 9/);
  await expect(ask(model, { check: { largest: -1, random: 0, seed: 1 } })).rejects.toThrow(/whole numbers/);
});
