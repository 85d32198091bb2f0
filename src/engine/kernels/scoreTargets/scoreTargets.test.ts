/** The log-softmax reference by hand. */
import { expect, it } from "vitest";
import { scoreTargetsReference } from "./scoreTargets.ref";

it("gives each ask the log-probability of its target in its row", () => {
  const scores = new Float32Array(5);
  scoreTargetsReference(
    {
      // Probabilities 1/8, 2/8, 5/8; then three equal ones, far from zero; then one that takes all.
      logits: Float32Array.of(Math.log(1), Math.log(2), Math.log(5), -900, -900, -900, -3.4e38, 20, -3.4e38),
      asks: Uint32Array.of(0, 2, 1, 1, 0, 0, 2, 1, 0, 1),
      scores,
    },
    { count: 5, cols: 3 },
  );
  const expected = [Math.log(5 / 8), Math.log(1 / 3), Math.log(1 / 8), 0, Math.log(2 / 8)];
  for (const [n, value] of expected.entries()) expect(scores[n]).toBeCloseTo(value, 6);
});
