/** The reference by hand; on the CPU device a norm's own scale gives its own y, bit for bit. */
import { expect, it } from "vitest";
import { runCase } from "../../check/checkKernels";
import { createCpuDevice } from "../../device/cpu";
import { normApplyReference } from "./normApply.ref";
import { repeatedNorms } from "./repeatedNorms.samples";

it("divides by the given scale, centred or not", () => {
  const views = {
    x: Float32Array.of(1, 3),
    scale: Float32Array.of(4),
    weight: Float32Array.of(2, 1),
    bias: Float32Array.of(10, 0),
    y: new Float32Array(2),
  };
  normApplyReference(views, { rows: 1, cols: 2, centred: 1, weightOffset: 0 });
  expect([...views.y]).toEqual([9.5, 0.25]);
  normApplyReference(views, { rows: 1, cols: 2, centred: 0, weightOffset: 1 });
  expect([...views.y]).toEqual([0.75, 1.5]);
});

it.each(repeatedNorms)("repeats $label on the CPU device", async ({ check }) => {
  const device = await createCpuDevice();
  await check(runCase.bind(undefined, device));
});
