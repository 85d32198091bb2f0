/** Cases of `linearWeightsBackward`: few rows and many, tails in every direction, more than one tile. */
import { kernelCases, noise, type KernelCase } from "../case";
import { linearWeightsBackward } from "./linearWeightsBackward";

const caseOf = (label: string, [rows, inner, cols]: readonly [number, number, number]): KernelCase => ({
  label: `${label}: ${rows} x ${inner} x ${cols}`,
  params: { rows, inner, cols },
  buffers: {
    ...{ dy: noise(rows * cols, rows), x: noise(rows * inner, 3) },
    dw: new Float32Array(cols * inner).fill(777),
  },
  // Rounding of f32 sums grows with their length.
  tolerance: rows > 300 ? 5e-5 : 1e-5,
});

export default kernelCases(linearWeightsBackward, [
  caseOf("one of everything", [1, 1, 1]),
  ...[1, 2, 3, 16, 17, 130].map((rows) => caseOf("row count", [rows, 37, 67])),
  ...[1, 3, 4, 5, 8, 19].map((inner) => caseOf("width", [6, inner, 5])),
  ...[1, 2, 3, 5].map((cols) => caseOf("output features", [6, 20, cols])),
  caseOf("whole tiles", [64, 64, 64]),
  caseOf("several tiles", [40, 130, 70]),
  caseOf("many rows", [1030, 9, 7]),
]);
