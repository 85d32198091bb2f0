/** Directions on a real WebGPU adapter: the CPU device's numbers. */
import { beforeAll, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { SteeringVectorsRequest } from "../../../protocol/steering";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { createWebGpuDevice } from "../../device/webgpu";
import { loadGolden } from "../../models/goldenUrls.samples";
import { steeringVectors } from "./steeringVectors";

let device: Device;
beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: steering cannot be tested here");
  device = await createWebGpuDevice({ adapter, defaultLimits: true });
});

const named = (tokens: readonly number[]) => ({ text: "", tokens });
const REQUEST: SteeringVectorsRequest = {
  pairs: [1, 2, 3, 4].map((one) => ({ positive: named([1, 5, one, 7]), negative: named([1, 5, one, 2]) })),
  ...{ site: "resid_post", over: "all", centring: "none", testShare: 0.25, shuffles: 2, seed: 1 },
};

it.each(["tinyGpt2", "llama"])("%s: the same directions as on the CPU device", async (folder) => {
  const [gpu, cpu] = [await loadGolden(folder, device), await loadGolden(folder, await createCpuDevice())];
  const here = await steeringVectors(gpu, REQUEST, NEVER_CANCELLED);
  const there = await steeringVectors(cpu, REQUEST, NEVER_CANCELLED);
  for (const [i, { meanDifference, component, norm }] of there.layers.entries()) {
    expect(norm).toBeGreaterThan(1e-3);
    const ours = here.layers[i]!;
    meanDifference.forEach((x, k) => expect(Math.abs(ours.meanDifference[k]! - x)).toBeLessThan(1e-3 * norm));
    component.forEach((x, k) => expect(Math.abs(ours.component[k]! - x)).toBeLessThan(1e-3));
  }
});
