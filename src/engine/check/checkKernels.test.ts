/** "Check this GPU" runs every case that there is: a check of nothing agrees with everything. */
import { expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../protocol/cancel";
import { createCpuDevice } from "../device/cpu";
import type { CasesModule } from "../kernels/case";
import { checkKernels } from "./checkKernels";

const MODULES = import.meta.glob<CasesModule>("../kernels/**/*.cases.ts", { eager: true, import: "default" });

it("checks every kernel that has cases, and all of them agree on the CPU device", async () => {
  const all = Object.values(MODULES).flat();
  const checks = await checkKernels(await createCpuDevice(), NEVER_CANCELLED);
  expect(checks.length).toBeGreaterThan(50);
  expect(checks.map(({ kernel }) => kernel).sort()).toEqual(all.map(({ kernel }) => kernel.name).sort());
  checks.forEach(({ kernel, cases, passed, mismatch }) => {
    expect(cases, kernel).toBeGreaterThan(0);
    expect(passed, mismatch).toBe(cases);
  });
});
