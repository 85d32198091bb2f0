/** The pullback of a matrix product to its weights against central differences of the product. */
import { it } from "vitest";
import { expectPullback, noise64, zeros64 } from "../centralDifferences.samples";
import { matmulReference } from "../matmul/matmul.ref";
import { F32 } from "../weights/weights";
import { linearWeightsBackwardReference } from "./linearWeightsBackward.ref";

it("is the slope of the product", () => {
  const sizes = { rows: 5, inner: 7, cols: 11 };
  const { rows, inner, cols } = sizes;
  const x = noise64(rows * inner, 1);
  const cotangent = noise64(rows * cols, 2);
  const dw = zeros64(cols * inner);
  linearWeightsBackwardReference({ dy: cotangent, x, dw }, sizes);
  expectPullback({
    forward(w) {
      const y = zeros64(rows * cols);
      matmulReference(F32)({ x, w, bias: x, y }, { ...sizes, hasBias: 0, yStride: cols, yOffset: 0 });
      return y;
    },
    ...{ x: noise64(cols * inner, 3), cotangent, gradient: dw },
  });
});
