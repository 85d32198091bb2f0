/** Every kernel's cases: the shader on a real WebGPU adapter against the reference. */
import { beforeAll, describe, expect, it } from "vitest";
import { runCase } from "../check/checkKernels";
import { sharedWebGpu } from "../device/shared.samples";
import type { WebGpuDevice } from "../device/webgpu";
import { firstMismatch, referenceOutputs, type CasesModule } from "./case";

const MODULES = import.meta.glob<CasesModule>("./*/*.cases.ts", { eager: true, import: "default" });

let device: WebGpuDevice;
beforeAll(async () => {
  device = await sharedWebGpu();
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
