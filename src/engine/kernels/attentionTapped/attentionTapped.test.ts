/** The reference by hand; z on the CPU device bit for bit that of the fused kernel. */
import { expect, it } from "vitest";
import { runCase } from "../../check/checkKernels";
import { createCpuDevice } from "../../device/cpu";
import { attentionTappedReference } from "./attentionTapped.ref";
import { bothZ, LABELS } from "./bothZ.samples";

it("stores scores, pattern and z, the own key last", () => {
  // Scores: slot 2 -> ln 3, own slot 0 -> 0. Weights 3/4 and 1/4.
  const views = {
    q: Float32Array.of(2),
    keys: Float32Array.of(0, 99, Math.log(3)),
    values: Float32Array.of(8, 99, 4),
    visible: Uint32Array.of(2),
    spans: Uint32Array.of(0, 1, 0, 1),
    z: new Float32Array(1),
    scores: new Float32Array(3),
    pattern: new Float32Array(3).fill(9),
  };
  const sizes = {
    queries: 1,
    heads: 1,
    kvHeads: 1,
    dHead: 1,
    qStride: 1,
    qOffset: 0,
    maxAlibiBias: 0,
    positionsAt: 0,
  };
  attentionTappedReference(views, { ...sizes, scale: 0.5, cap: 0, stride: 3 });
  expect([...views.scores]).toEqual([Math.fround(Math.log(3)), 0, Math.fround(-3.4028235e38)]);
  [0.75, 0.25, 0].forEach((weight, j) => expect(views.pattern[j]).toBeCloseTo(weight, 6));
  expect(views.z[0]).toBeCloseTo(0.75 * 4 + 0.25 * 8, 6);
  attentionTappedReference(views, { ...sizes, scale: 0.5, cap: 1, stride: 3 });
  expect(views.scores[0]).toBeCloseTo(Math.tanh(Math.log(3)), 6);
});

it.each(LABELS)("gives the fused kernel's z on the CPU device, bit for bit: %s", async (label) => {
  const device = await createCpuDevice();
  const [fused, tapped] = await bothZ(runCase.bind(undefined, device), label);
  expect(tapped).toEqual(fused);
});
