/** z of `attentionTapped` on a WebGPU adapter: bit for bit that of the fused kernel. */
import { beforeAll, expect, it } from "vitest";
import { runCase } from "../../check/checkKernels";
import { sharedWebGpu } from "../../device/shared.samples";
import type { WebGpuDevice } from "../../device/webgpu";
import { bothZ, LABELS } from "./bothZ.samples";

let device: WebGpuDevice;
beforeAll(async () => {
  device = await sharedWebGpu();
});

it.each(LABELS)("%s", async (label) => {
  const [fused, tapped] = await bothZ(runCase.bind(undefined, device), label);
  expect(tapped).toEqual(fused);
});
