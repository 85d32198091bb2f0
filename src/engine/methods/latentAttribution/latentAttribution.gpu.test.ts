import { beforeAll, describe } from "vitest";
import type { Device } from "../../device/device";
import { createWebGpuDevice } from "../../device/webgpu";
import { randomGpt2 } from "../../models/randomModel";
import { latentAttributionTests } from "./latentAttribution.samples";

let device: Device;
beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: attribution of latents cannot be tested here");
  device = await createWebGpuDevice({ adapter, defaultLimits: true });
});
describe("attribution of latents on WebGPU", () => latentAttributionTests(() => randomGpt2(device)));
