/** Directions' effect on a real WebGPU adapter: the CPU device's numbers. */
import { beforeAll, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { SteeringEffectRequest } from "../../../protocol/steering";
import { noise } from "../../../random/noise";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { createWebGpuDevice } from "../../device/webgpu";
import { loadGolden } from "../../models/goldenUrls.samples";
import { steeringEffect } from "./steeringEffect";

let device: Device;
beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: steering cannot be tested here");
  device = await createWebGpuDevice({ adapter, defaultLimits: true });
});

it.each(["tinyGpt2", "llama"])("%s: the same numbers as on the CPU device", async (folder) => {
  const [gpu, cpu] = [await loadGolden(folder, device), await loadGolden(folder, await createCpuDevice())];
  const request: SteeringEffectRequest = {
    prompts: [{ tokens: [1, 5, 2, 7, 5] }, { tokens: [3, 2] }],
    ...{ site: "resid_post", strengths: [-1, 2], at: "all", controls: 2, seed: 1 },
    directions: [0, 1].map((layer) => ({ layer, values: noise(cpu.config.dModel, layer + 1) })),
    metric: { kind: "logitDifference", target: 2, minus: 3 },
  };
  const here = await steeringEffect(gpu, request, NEVER_CANCELLED);
  const there = await steeringEffect(cpu, request, NEVER_CANCELLED);
  const moved = there.values.map((value) => Math.abs(value - there.base));
  expect(Math.max(...moved)).toBeGreaterThan(1e-3);
  for (const name of ["values", "control", "controlLowest", "controlHighest"] as const)
    there[name].forEach((value, i) => expect(Math.abs(here[name][i]! - value)).toBeLessThan(1e-3));
});
