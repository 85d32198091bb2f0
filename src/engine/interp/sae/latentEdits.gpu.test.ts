import { beforeAll, describe } from "vitest";
import type { Device } from "../../device/device";
import { createWebGpuDevice } from "../../device/webgpu";
import { latentEditTests } from "./latentEdits.samples";

let device: Device;
beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: changes of latents cannot be tested here");
  device = await createWebGpuDevice({ adapter, defaultLimits: true });
});
describe("latents on WebGPU", () => latentEditTests(() => device));
