/** The reference against slopes of the decoder's reference, along its weights. */
import { expect, it } from "vitest";
import { expectPullback, noise64, zeros64 } from "../centralDifferences.samples";
import { sparseDecodeReference } from "../sparseDecode/sparseDecode.ref";
import { F32 } from "../weights/weights";
import { latentGradientReference } from "./latentGradient.ref";

it("is the slope of what a sparse decoder gives, along its rows; unused rows get nothing", () => {
  const sizes = { rows: 3, width: 2, cols: 4 };
  const ids = Uint32Array.of(4, 0, 0, 2, 2, 4);
  const order = Uint32Array.of(1, 2, 3, 4, 0, 5);
  const firsts = Uint32Array.of(0, 2, 2, 4, 4, 6);
  const [w, values, cotangent] = [noise64(20, 1), noise64(6, 2), noise64(12, 3)];
  const [gradient, db] = [zeros64(20), zeros64(5)];
  latentGradientReference(
    { d: values, x: cotangent, order, firsts, dw: gradient, db },
    { latents: 5, ...sizes },
  );
  const forward = (table: Float32Array) => {
    const y = zeros64(12);
    const decoder = { ...sizes, used: 2, firstRow: 0, tableRows: 5, startStride: 0 };
    sparseDecodeReference(F32)({ ids, values, w: table, start: zeros64(4), y }, decoder);
    return y;
  };
  expectPullback({ forward, x: w, cotangent, gradient });
  expect([...gradient.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
  expect(db[2]).toBeCloseTo(values[3]! + values[4]!, 12);
});
