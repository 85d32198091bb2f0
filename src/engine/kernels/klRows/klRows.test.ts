/** The reference by hand; the SIMD twin never negative, exactly 0 for equal rows, true to small divergences. */
import { expect, it } from "vitest";
import { createCpuDevice } from "../../device/cpu";
import { TensorMemory } from "../../device/tensor";
import { klDivergence } from "../../ops/score";
import { noise } from "../case";
import { klRowsReference } from "./klRows.ref";

it("gives the divergence of each pair, from p to q", () => {
  const kl = new Float32Array(3);
  klRowsReference(
    {
      // Probabilities 1/2, 1/2; then 1/4, 3/4.
      pLogits: Float32Array.of(5, 5, Math.log(1), Math.log(3)),
      qLogits: Float32Array.of(Math.log(1), Math.log(3), -7, -7),
      pairs: Uint32Array.of(0, 0, 1, 1, 0, 1),
      kl,
    },
    { count: 3, cols: 2 },
  );
  expect(kl[0]).toBeCloseTo(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 6);
  expect(kl[1]).toBeCloseTo(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), 6);
  expect(kl[2]).toBe(0);
});

it("stays true to its digits where rows are close, and never goes below 0", async () => {
  const memory = new TensorMemory(await createCpuDevice());
  const cols = 4099;
  const distances = [0, 1e-6, 1e-4, 1e-3, 1e-2, 0.1, 1];
  const p = noise(cols, 1, 8);
  const direction = noise(cols, 2, 1);
  const q = Float32Array.from(distances.flatMap((t) => [...p].map((x, c) => x + t * direction[c]!)));
  const pairs = Uint32Array.from(distances.flatMap((_, n) => [0, n]));
  const expected = new Float32Array(distances.length);
  klRowsReference({ pLogits: p, qLogits: q, pairs, kl: expected }, { count: distances.length, cols });
  const kl = klDivergence(
    memory,
    memory.from(p, [1, cols], "p"),
    memory.from(q, [distances.length, cols], "q"),
    memory.from(pairs, [distances.length, 2], "pairs"),
  );
  const [data] = await memory.device.read([{ buffer: kl.buffer, offsetBytes: 0, sizeBytes: kl.size * 4 }]);
  const found = [...new Float32Array(data!)];
  expect(found[0]).toBe(0);
  found.forEach((value, n) => expect(value, `distance ${distances[n]}`).toBeGreaterThanOrEqual(0));
  // From 1e-8 nats on, three digits; the logits' own rounding hides what is smaller.
  for (const [n, value] of found.entries()) {
    if (expected[n]! > 1e-8) expect(Math.abs(value / expected[n]! - 1)).toBeLessThan(1e-3);
  }
});
