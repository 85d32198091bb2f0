/** The pullback of a matrix product against central differences, for every storage of weights, in chunks and with a start. */
import { expect, it } from "vitest";
import { expectPullback, noise64, zeros64 } from "../centralDifferences.samples";
import { matmulReference } from "../matmul/matmul.ref";
import { byteSamples, floatSamples, halfSamples } from "../weights/sampleWeights";
import { BYTE, F32, HALF, type Weights } from "../weights/weights";
import { linearBackwardReference } from "./linearBackward.ref";

const SIZES = { rows: 5, inner: 7, cols: 11 };

function check(weights: Weights<"f32"> | Weights<"u32">, w: never): void {
  const { rows, inner, cols } = SIZES;
  const [forward, backward] = [matmulReference(weights as never), linearBackwardReference(weights as never)];
  const cotangent = noise64(rows * cols, 2);
  const dx = zeros64(rows * inner);
  const params = { ...SIZES, yStride: cols, yOffset: 0 };
  backward({ dy: cotangent, w, start: cotangent, dx }, { ...params, hasStart: 0 });
  expectPullback({
    forward(x) {
      const y = zeros64(rows * cols);
      forward({ x, w, bias: x, y }, { ...params, hasBias: 0 });
      return y;
    },
    ...{ x: noise64(rows * inner, 1), cotangent, gradient: dx },
  });
}

it.each([
  ["floats", F32, floatSamples(7)(11, 7)],
  ["halves", HALF, halfSamples(11, 7)],
  ["8-bit rows", BYTE, byteSamples(3)(11, 7)],
] as const)("is the slope of the product, %s", (_, weights, w) => check(weights, w as never));

it("adds a chunk's part to what the chunk before gave", () => {
  const dx = new Float32Array(2);
  const views = { dy: Float32Array.of(9, 2, -1), w: Float32Array.of(1, 2, 3, 4), dx };
  linearBackwardReference(F32)(
    { ...views, start: Float32Array.of(10, 20) },
    { rows: 1, inner: 2, cols: 2, yStride: 3, yOffset: 1, hasStart: 1 },
  );
  expect([...dx]).toEqual([9, 20]);
});
