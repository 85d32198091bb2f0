/** The softmax reference against fractions worked out by hand. */
import { expect, it } from "vitest";
import { attentionPatternReference } from "./attentionPattern.ref";

it("is the softmax of the first count + 1 scores of each head, and zero after", () => {
  const pattern = new Float32Array(12).fill(9);
  attentionPatternReference(
    {
      scores: Float32Array.of(Math.log(1), Math.log(3), 50, 1000, 1000, 50, -7, 50, 50, -3.4e38, 50, 50),
      spans: Uint32Array.of(0, 1, 0, 0, 0, 0, 0, 0),
      pattern,
    },
    { queries: 2, heads: 2, stride: 3 },
  );
  const expected = [0.25, 0.75, 0, 0.5, 0.5, 0, 1, 0, 0, 1, 0, 0];
  for (const [n, value] of expected.entries()) expect(pattern[n]).toBeCloseTo(value, 6);
});
