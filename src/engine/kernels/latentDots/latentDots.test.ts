/** The reference against slopes of the decoder's reference, and by hand where ReLU cut. */
import { expect, it } from "vitest";
import { expectPullback, noise64, zeros64 } from "../centralDifferences.samples";
import { sparseDecodeReference } from "../sparseDecode/sparseDecode.ref";
import { F32 } from "../weights/weights";
import { latentDotsReference } from "./latentDots.ref";

it("is the slope of what a sparse decoder gives, along its values", () => {
  const sizes = { rows: 2, width: 3, cols: 5 };
  const ids = Uint32Array.of(4, 0, 2, 1, 3, 4);
  const [w, cotangent, gradient] = [noise64(25, 1), noise64(10, 2), zeros64(6)];
  const values = noise64(6, 3).map((value) => Math.abs(value) + 0.1);
  latentDotsReference({ g: cotangent, ids, values, w, d: gradient }, { ...sizes, latents: 5 });
  const forward = (x: Float32Array) => {
    const y = zeros64(10);
    const decoder = { ...sizes, used: 3, firstRow: 0, tableRows: 5, startStride: 0 };
    sparseDecodeReference(F32)({ ids, values: x, w, start: zeros64(5), y }, decoder);
    return y;
  };
  expectPullback({ forward, x: values, cotangent, gradient });
});

it("is 0 where a value is 0 and where a slot is empty", () => {
  const d = Float32Array.of(9, 9, 9);
  latentDotsReference(
    {
      ...{ g: Float32Array.of(2, 3), ids: Uint32Array.of(1, 0, 0xffffffff) },
      ...{ values: Float32Array.of(1, 0, 1), w: Float32Array.of(5, 6, 7, 8), d },
    },
    { rows: 1, width: 3, latents: 2, cols: 2 },
  );
  expect([...d]).toEqual([38, 0, 0]);
});
