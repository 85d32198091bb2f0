/** Every kernel's cases on the CPU device, SIMD twins included, against the references. */
import { beforeAll, describe, expect, it } from "vitest";
import { runCase } from "../checkKernels";
import { createCpuDevice } from "../device/cpu";
import type { Device } from "../device/device";
import { firstMismatch, referenceOutputs, type KernelCases } from "./case";

const MODULES = import.meta.glob<KernelCases>("./*/*.cases.ts", { eager: true, import: "default" });
const KERNELS = Object.keys(import.meta.glob("./*/*.wgsl"));

let device: Device;
beforeAll(async () => {
  device = await createCpuDevice();
});

it("finds cases for every kernel", () => {
  const withCases = Object.keys(MODULES).map((path) => path.replace(".cases.ts", ".wgsl"));
  expect(withCases.sort()).toEqual(KERNELS.sort());
});

describe.each(Object.values(MODULES))("$kernel.name", (kernelCases) => {
  it.each(kernelCases.cases)("$label", async (testCase) => {
    const actual = await runCase(device, kernelCases, testCase);
    expect(
      firstMismatch(actual, referenceOutputs(kernelCases, testCase), testCase.tolerance),
    ).toBeUndefined();
  });
});
