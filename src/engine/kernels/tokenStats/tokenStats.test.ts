/** The reference by hand. */
import { expect, it } from "vitest";
import { tokenStatsReference } from "./tokenStats.ref";

it("gives log-probability, rank and entropy", () => {
  const stats = new Float32Array(12);
  tokenStatsReference(
    {
      // Probabilities 1/8, 2/8, 5/8; then three equal ones, far from zero; then one that takes all.
      logits: Float32Array.of(
        Math.log(1),
        Math.log(2),
        Math.log(5),
        -900,
        -900,
        -900,
        -Infinity,
        20,
        -3.4e38,
      ),
      asks: Uint32Array.of(0, 2, 0, 0, 1, 1, 2, 1),
      stats,
    },
    { count: 4, cols: 3 },
  );
  const entropy = -(1 / 8) * Math.log(1 / 8) - (2 / 8) * Math.log(2 / 8) - (5 / 8) * Math.log(5 / 8);
  const expected = [
    ...[Math.log(5 / 8), 0, entropy],
    ...[Math.log(1 / 8), 2, entropy],
    ...[Math.log(1 / 3), 0, Math.log(3)],
    ...[0, 0, 0],
  ];
  for (const [n, value] of expected.entries()) expect(stats[n]).toBeCloseTo(value, 6);
});
