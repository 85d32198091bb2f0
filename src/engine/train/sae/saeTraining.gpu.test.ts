/** A run of learning on a real WebGPU adapter goes as on the CPU device, as long as rounding lets it. */
import { expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { SaeTrainingRequest } from "../../../protocol/sae/training";
import { randomBelow } from "../../../random/lcg";
import { sharedCpu, sharedWebGpu } from "../../device/shared.samples";
import { loadGolden } from "../../models/goldenUrls.samples";
import { SaeTraining } from "./saeTraining";

function request(): SaeTrainingRequest {
  const draw = randomBelow(7);
  const documents = Array.from({ length: 40 }, () => Array.from({ length: 8 + draw(4) }, () => 1 + draw(10)));
  const sae = { nLatents: 70, k: 5, auxK: 9, auxWeight: 1 / 32, deadAfter: 100, seed: 3 };
  return {
    ...{ name: "noise", documents, contextSize: 11, addBos: false, steps: 12, batch: 67 },
    saes: [
      { siteIn: "blocks.0.resid_post", siteOut: "blocks.0.resid_post", ...sae },
      { siteIn: "blocks.1.ln2.normalized", siteOut: "blocks.1.mlp_out", ...sae },
    ],
    ...{
      schedule: { rate: 2e-3, warmUp: 2, decay: 0.2 },
      clip: 1,
      heldOut: 0.1,
      shuffledTokens: 150,
      seed: 1,
    },
  };
}

it("loses as much at every step as on the CPU device, dead latents and all", async () => {
  const [cpu, gpu] = await Promise.all(
    [await sharedCpu(), await sharedWebGpu()].map(async (device) => {
      const model = await loadGolden("tinyGpt2", device);
      const training = new SaeTraining(1, model, request(), undefined);
      const { saes } = await training.run(model, Infinity, NEVER_CANCELLED);
      training.free();
      return saes;
    }),
  );
  expect(cpu!.some(({ points }) => points.some(({ dead }) => dead > 0))).toBe(true);
  for (const [n, { points, heldOut }] of gpu!.entries()) {
    expect(points).toHaveLength(12);
    points.forEach((point, i) => {
      const other = cpu![n]!.points[i]!;
      expect(point.loss).toBeCloseTo(other.loss, 3);
      expect(point.gradientLength).toBeCloseTo(other.gradientLength, 3);
    });
    expect(heldOut.at(-1)!.fvu).toBeCloseTo(cpu![n]!.heldOut.at(-1)!.fvu, 3);
  }
});
