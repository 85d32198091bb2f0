/** The pullback of log-probabilities and logits against central differences of `scoreTargets`, ties among them. */
import { it } from "vitest";
import { expectPullback, noise64, zeros64 } from "../centralDifferences.samples";
import { scoreTargetsReference } from "../scoreTargets/scoreTargets.ref";
import { scoreTargetsBackwardReference } from "./scoreTargetsBackward.ref";

const [OWN, COLS] = [2, 7];

it("is the slope of weighted log-probabilities and logits", () => {
  const logits = noise64(OWN * COLS, 1, 3);
  logits.fill(0.5, COLS); // ties
  // Scalar 0: 0.7 log p(3) in row 0, -0.2 log p(1) and 1.5 times logit 1 in row 1. Scalar 1: logit 2 less logit 5 in row 0.
  const forward = (at: Float32Array) => {
    const scores = zeros64(3);
    const asks = Uint32Array.of(0, 3, 1, 1, 0, 0);
    scoreTargetsReference({ logits: at, asks, scores }, { count: 2, cols: COLS });
    return Float64Array.of(
      0.7 * scores[0]! - 0.2 * scores[1]! + 1.5 * at[COLS + 1]!,
      at[2]! - at[5]!,
    ) as unknown as Float32Array;
  };
  const gradient = zeros64(2 * OWN * COLS);
  scoreTargetsBackwardReference(
    {
      ...{ logits, dLogits: gradient },
      spans: Uint32Array.of(0, 1, 1, 2, 3, 2, 5, 0),
      targets: Uint32Array.of(3, 1, 1, 2, 5),
      weights: Float64Array.of(0.7, -0.2, 1.5, 1, -1) as unknown as Float32Array,
      totals: Float64Array.of(0.7, -0.2, 0, 0) as unknown as Float32Array,
    },
    { rows: 2 * OWN, own: OWN, cols: COLS },
  );
  const cotangent = Float64Array.of(1, 0, 0, 1) as unknown as Float32Array;
  expectPullback({ forward, x: logits, cotangent, gradient });
});
