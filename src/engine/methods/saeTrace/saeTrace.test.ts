/** Ablating a latent at one position, against reruns with the edit; and what is refused. */
import { beforeAll, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { attachRandom } from "../../interp/sae/attachRandom.samples";
import { randomGpt2 } from "../../models/randomModel";
import { latentTrace } from "./saeTrace";
import { traceTests } from "./saeTrace.samples";

let device: Device;
beforeAll(async () => {
  device = await createCpuDevice();
});

traceTests(() => randomGpt2(device));

const SITE = "blocks.0.resid_post";
const ask = { sae: 1, latent: 3, prompt: { tokens: [3, 1, 4] }, position: 1, k: 2 };

it("goes through a large vocabulary in pieces, in order", async () => {
  // 3.6 MB of differences a token: four tokens at a time.
  const model = randomGpt2(device, { vocab_size: 900_000 });
  const plain = attachRandom(model, 1, { kind: "relu", siteIn: SITE });
  const tokens = [3, 1, 4, 1, 5, 9];
  const trace = (prompt: readonly number[], latent: number) =>
    latentTrace(model, { ...ask, latent, prompt: { tokens: prompt }, position: 0 }, NEVER_CANCELLED);
  let touched = 0;
  for (let latent = 0; latent < plain.nLatents && touched === 0; latent += 9) {
    const [whole, part] = [await trace(tokens, latent), await trace(tokens.slice(0, 2), latent)];
    whole.kl.subarray(0, 2).forEach((kl, i) => expect(kl).toBeCloseTo(part.kl[i]!, 5));
    if (whole.kl[0]! > 0) touched++;
    expect(whole.kl).toHaveLength(6);
  }
  expect(touched).toBe(1);
});

it("refuses what is not there", async () => {
  const model = randomGpt2(device);
  attachRandom(model, 1, { kind: "relu", siteIn: SITE });
  const asking = (change: Partial<typeof ask>) => latentTrace(model, { ...ask, ...change }, NEVER_CANCELLED);
  await expect(asking({ latent: 40 })).rejects.toThrow(/latents 0 to 39/);
  await expect(asking({ position: 3 })).rejects.toThrow(/positions 0 to 2/);
  await expect(asking({ k: 0 })).rejects.toThrow(/at least one token/);
  await expect(asking({ sae: 2 })).rejects.toThrow(/No autoencoder 2/);
});
