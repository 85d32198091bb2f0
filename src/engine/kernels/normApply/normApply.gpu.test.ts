/** On a WebGPU adapter a norm's own scale gives its own y, bit for bit. */
import { beforeAll, it } from "vitest";
import { runCase } from "../../check/checkKernels";
import { createWebGpuDevice, type WebGpuDevice } from "../../device/webgpu";
import { repeatedNorms } from "./repeatedNorms.samples";

let device: WebGpuDevice;
beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: the kernels cannot be tested here");
  device = await createWebGpuDevice({ adapter, defaultLimits: true });
});

it.each(repeatedNorms)("repeats $label", ({ check }) => check(runCase.bind(undefined, device)));
