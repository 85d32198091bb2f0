import { beforeAll, describe } from "vitest";
import type { Device } from "../../device/device";
import { createWebGpuDevice } from "../../device/webgpu";
import { latentReadTests } from "./latentReads.samples";

let device: Device;
beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: reading latents cannot be tested here");
  device = await createWebGpuDevice({ adapter, defaultLimits: true });
});
describe("reading latents on WebGPU", () => latentReadTests(() => device));
