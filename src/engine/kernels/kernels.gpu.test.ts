/** Every kernel's cases: the shader on a real WebGPU adapter against the reference. */
import { beforeAll, describe, expect, it } from "vitest";
import { runCase } from "../check/checkKernels";
import { createWebGpuDevice, type WebGpuDevice } from "../device/webgpu";
import { firstMismatch, referenceOutputs, type CasesModule } from "./case";

const MODULES = import.meta.glob<CasesModule>("./*/*.cases.ts", { eager: true, import: "default" });

let device: WebGpuDevice;
beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: the kernels cannot be tested here");
  // The limits that every device has: what runs here runs anywhere.
  device = await createWebGpuDevice({ adapter, defaultLimits: true });
});

describe.each(Object.values(MODULES).flat())("$kernel.name", (kernelCases) => {
  it("compiles", async () => {
    await device.prepare([kernelCases.kernel]);
  });

  it.each(kernelCases.cases)("$label", async (testCase) => {
    const actual = await runCase(device, kernelCases, testCase);
    expect(
      firstMismatch(actual, referenceOutputs(kernelCases, testCase), testCase.tolerance),
    ).toBeUndefined();
  });
});
