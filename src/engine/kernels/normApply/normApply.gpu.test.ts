/** On a WebGPU adapter a norm's own scale gives its own y, bit for bit. */
import { beforeAll, it } from "vitest";
import { runCase } from "../../check/checkKernels";
import { sharedWebGpu } from "../../device/shared.samples";
import type { WebGpuDevice } from "../../device/webgpu";
import { repeatedNorms } from "./repeatedNorms.samples";

let device: WebGpuDevice;
beforeAll(async () => {
  device = await sharedWebGpu();
});

it.each(repeatedNorms)("repeats $label", ({ check }) => check(runCase.bind(undefined, device)));
