/** Every kernel's cases on the CPU device, SIMD twins included, against the references. */
import { beforeAll, describe, expect, it } from "vitest";
import { runCase } from "../check/checkKernels";
import { createCpuDevice } from "../device/cpu";
import type { Device } from "../device/device";
import { firstMismatch, referenceOutputs, type CasesModule } from "./case";

const MODULES = import.meta.glob<CasesModule>("./*/*.cases.ts", { eager: true, import: "default" });
const CASES = Object.values(MODULES).flat();
const SOURCES = import.meta.glob<Record<string, unknown>>(["./*/*.ts", "!./*/*.*.ts"], { eager: true });

let device: Device;
beforeAll(async () => {
  device = await createCpuDevice();
  // Twins that only gradients need come when they are asked for.
  await device.prepare(CASES.map(({ kernel }) => kernel));
});

it("finds cases for every kernel", () => {
  const kernels = Object.values(SOURCES)
    .flatMap((module) => Object.values(module))
    .filter((value) => typeof value === "object" && value !== null && "wgsl" in value && "grid" in value);
  expect(kernels.length).toBeGreaterThan(50);
  expect(new Set(CASES.map(({ kernel }) => kernel))).toEqual(new Set(kernels));
  expect(new Set(CASES.map(({ kernel }) => kernel.name)).size).toBe(kernels.length);
});

describe.each(CASES)("$kernel.name", (kernelCases) => {
  it.each(kernelCases.cases)("$label", async (testCase) => {
    const actual = await runCase(device, kernelCases, testCase);
    expect(
      firstMismatch(actual, referenceOutputs(kernelCases, testCase), testCase.tolerance),
    ).toBeUndefined();
  });
});
