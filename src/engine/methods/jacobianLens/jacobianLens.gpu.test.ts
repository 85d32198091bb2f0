/** A lens fitted, read through and judged on a real WebGPU adapter: the CPU device's numbers. */
import { beforeAll, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { createWebGpuDevice } from "../../device/webgpu";
import type { Model } from "../../models/model";
import { loadGolden } from "../../models/goldenUrls.samples";
import { LensFit } from "./fit";
import { lensQuality } from "./quality";

let device: Device;
beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: the Jacobian lens cannot be tested here");
  device = await createWebGpuDevice({ adapter, defaultLimits: true });
});

const CONTEXTS = [
  [1, 5, 2, 7, 5, 2, 3],
  [4, 4, 1, 6, 2],
];
const REQUEST = { name: "texts", contexts: CONTEXTS, before: [0], skipFirst: 1 };

async function fitted(model: Model) {
  const fit = new LensFit(1, model, REQUEST, {});
  await fit.run(model, NEVER_CANCELLED);
  const asked = { ...{ lens: 1, before: [0], skipFirst: 1, seed: 2 }, contexts: [[2, 3, 5, 7, 1]] };
  return { fit, judged: await lensQuality(model, fit, asked, NEVER_CANCELLED) };
}

it.each(["tinyGpt2", "llama", "gemma2"])("%s: the same numbers as on the CPU device", async (folder) => {
  const gpu = await fitted(await loadGolden(folder, device));
  const cpu = await fitted(await loadGolden(folder, await createCpuDevice()));
  for (const layer of cpu.fit.layers) {
    const [here, there] = [gpu.fit.matrix(layer), cpu.fit.matrix(layer)];
    const largest = there.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeGreaterThan(0.1);
    there.forEach((value, at) => expect(Math.abs(here[at]! - value)).toBeLessThan(1e-3 * largest));
  }
  cpu.judged.rows.forEach(({ kl }, i) => expect(gpu.judged.rows[i]!.kl.mean).toBeCloseTo(kl.mean, 2));
});
