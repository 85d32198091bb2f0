/** Attribution by token on a real WebGPU adapter: the CPU device's numbers. */
import { beforeAll, expect, it } from "vitest";
import type { TokenAttributionRequest } from "../../../protocol/gradients/attributions";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Device } from "../../device/device";
import { sharedCpu, sharedWebGpu } from "../../device/shared.samples";
import { loadGolden } from "../../models/goldenUrls.samples";
import { tokenAttribution } from "./tokenAttribution";

let device: Device;
beforeAll(async () => {
  device = await sharedWebGpu();
});

const REQUEST: TokenAttributionRequest = {
  prompt: { tokens: [1, 5, 2, 7, 5, 2, 3, 1] },
  scalar: [
    { kind: "logProb", position: 6, target: 2 },
    { kind: "logit", position: 4, target: 3, weight: 0.5 },
  ],
  ...{ baseline: { kind: "mean" }, steps: 6, rule: "trapezoid", fixed: [0], filler: 4 },
  stepOf: [-1, 0, 0, 0, 1, 1, 2, 2],
};

it.each(["tinyGpt2", "llama", "gemma2"])("%s: the same numbers as on the CPU device", async (folder) => {
  const [gpu, cpu] = [await loadGolden(folder, device), await loadGolden(folder, await sharedCpu())];
  const here = await tokenAttribution(gpu, REQUEST, NEVER_CANCELLED);
  const there = await tokenAttribution(cpu, REQUEST, NEVER_CANCELLED);
  expect(Math.abs(here.value - there.value)).toBeLessThan(1e-4);
  expect(Math.abs(here.baselineValue - there.baselineValue)).toBeLessThan(1e-4);
  for (const name of ["saliency", "gradientInput", "integrated", "replaced"] as const) {
    for (const [ours, theirs] of [
      [here.tokens[name]!, there.tokens[name]!],
      [here.steps![name]!, there.steps![name]!],
    ] as const) {
      const seen = theirs.filter((value) => !Number.isNaN(value)).map(Math.abs);
      expect(Math.max(...seen)).toBeGreaterThan(1e-5);
      ours.forEach((value, i) => {
        if (Number.isNaN(theirs[i])) expect(value).toBeNaN();
        else expect(Math.abs(value - theirs[i]!)).toBeLessThan(1e-3 * Math.max(...seen) + 1e-4);
      });
    }
  }
  expect(here.alarms).toEqual([]);
});
