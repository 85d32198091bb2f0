/** z of `attentionTapped` on a WebGPU adapter: bit for bit that of the fused kernel. */
import { beforeAll, expect, it } from "vitest";
import { runCase } from "../../check/checkKernels";
import { createWebGpuDevice, type WebGpuDevice } from "../../device/webgpu";
import { bothZ, LABELS } from "./bothZ.samples";

let device: WebGpuDevice;
beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: the kernels cannot be tested here");
  device = await createWebGpuDevice({ adapter, defaultLimits: true });
});

it.each(LABELS)("%s", async (label) => {
  const [fused, tapped] = await bothZ(runCase.bind(undefined, device), label);
  expect(tapped).toEqual(fused);
});
