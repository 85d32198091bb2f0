/** The sampler's reference: its frequencies against the softmax, its cuts, and its noise. */
import { describe, expect, it } from "vitest";
import { argmaxReference } from "../argmax/argmax.ref";
import { noise } from "../case";
import { sampleTokenReference, uniformNoise } from "./sampleToken.ref";

const open = { temperature: 1, topK: 0, topP: 1, seed: 42, step: 0 };

function sample(logits: Float32Array, rows: number, settings: Partial<typeof open> = {}): number[] {
  const ids = new Uint32Array(rows).fill(999);
  sampleTokenReference({ logits, ids }, { rows, cols: logits.length / rows, ...open, ...settings });
  return [...ids];
}

/** Pearson's chi-square of how often each token was drawn, over `draws`, against probabilities. */
function chiSquare(drawn: readonly number[], probabilities: readonly number[]): number {
  const counts = probabilities.map((_, id) => drawn.filter((other) => other === id).length);
  return probabilities.reduce((sum, p, id) => {
    const expected = p * drawn.length;
    if (expected === 0) return counts[id] === 0 ? sum : Infinity;
    return sum + ((counts[id] ?? 0) - expected) ** 2 / expected;
  }, 0);
}

// Probabilities 0.4, 0.3, 0.2, 0.1 in another order; 0.999 quantile of chi-square with 3 degrees of freedom: 16.3.
const line = Float32Array.from([0.2, 0.4, 0.1, 0.3], Math.log);
const draws = 5000;

describe("frequencies match the softmax", () => {
  it("over seeds", () => {
    const drawn = Array.from({ length: draws }, (_, seed) => sample(line, 1, { seed })[0] ?? -1);
    expect(chiSquare(drawn, [0.2, 0.4, 0.1, 0.3])).toBeLessThan(16.3);
  });

  it("over steps", () => {
    const drawn = Array.from({ length: draws }, (_, step) => sample(line, 1, { step })[0] ?? -1);
    expect(chiSquare(drawn, [0.2, 0.4, 0.1, 0.3])).toBeLessThan(16.3);
  });

  it("over the rows of one batch", () => {
    const drawn = sample(
      Float32Array.from({ length: draws * 4 }, (_, n) => line[n % 4] ?? NaN),
      draws,
    );
    expect(chiSquare(drawn, [0.2, 0.4, 0.1, 0.3])).toBeLessThan(16.3);
  });

  it("at a temperature", () => {
    const drawn = Array.from(
      { length: draws },
      (_, seed) => sample(line, 1, { seed, temperature: 0.5 })[0] ?? -1,
    );
    expect(chiSquare(drawn, [4 / 30, 16 / 30, 1 / 30, 9 / 30])).toBeLessThan(16.3);
  });

  it("among the topK", () => {
    const drawn = Array.from({ length: draws }, (_, seed) => sample(line, 1, { seed, topK: 2 })[0] ?? -1);
    expect(chiSquare(drawn, [0, 4 / 7, 0, 3 / 7])).toBeLessThan(16.3);
  });

  it("in the nucleus, with the token that crosses", () => {
    const drawn = Array.from({ length: draws }, (_, seed) => sample(line, 1, { seed, topP: 0.75 })[0] ?? -1);
    expect(chiSquare(drawn, [2 / 9, 4 / 9, 0, 3 / 9])).toBeLessThan(16.3);
  });

  it("topP counts what topK left", () => {
    // Of 0.4 and 0.3, the first alone is 4/7 = 0.571 of them, though 0.4 of all.
    const drawn = Array.from(
      { length: 300 },
      (_, seed) => sample(line, 1, { seed, topK: 2, topP: 0.57 })[0] ?? -1,
    );
    expect(new Set(drawn)).toEqual(new Set([1]));
  });
});

describe("edges", () => {
  const logits = noise(20 * 50, 3, 4);
  const greedy = new Uint32Array(20);
  argmaxReference({ logits, ids: greedy }, { rows: 20, cols: 50 });

  it.each([{ topK: 1 }, { topP: 1e-9 }, { temperature: 1e-4 }])("%o is argmax", (settings) => {
    expect(sample(logits, 20, settings)).toEqual([...greedy]);
  });

  it("draws the same ids for the same seed, others for another", () => {
    expect(sample(logits, 20, { seed: 7, step: 3 })).toEqual(sample(logits, 20, { seed: 7, step: 3 }));
    expect(sample(logits, 20, { seed: 7, step: 3 })).not.toEqual(sample(logits, 20, { seed: 8, step: 3 }));
    expect(sample(logits, 20, { seed: 7, step: 3 })).not.toEqual(sample(logits, 20, { seed: 7, step: 4 }));
  });

  it("keeps the lower ids where a cut falls inside a tie", () => {
    const flat = new Float32Array(10);
    const drawn = (settings: object) => {
      const ids = Array.from({ length: 400 }, (_, seed) => sample(flat, 1, { seed, ...settings })[0] ?? -1);
      return [...new Set(ids)].sort((a, b) => a - b);
    };
    expect(drawn({ topK: 3 })).toEqual([0, 1, 2]);
    expect(drawn({ topP: 0.35 })).toEqual([0, 1, 2, 3]);
  });

  it("never returns NaN unless there is nothing else", () => {
    const ids = Array.from(
      { length: 100 },
      (_, seed) => sample(Float32Array.of(NaN, 1, NaN, 1), 1, { seed })[0],
    );
    expect(new Set(ids)).toEqual(new Set([1, 3]));
    expect(sample(Float32Array.of(NaN, NaN), 1)).toEqual([0]);
  });
});

describe("uniformNoise", () => {
  it("lies inside (0, 1), with mean 1/2 and variance 1/12", () => {
    const values = Array.from({ length: 20000 }, (_, id) => uniformNoise(1, 2, 3)(id));
    const mean = values.reduce((sum, u) => sum + u, 0) / values.length;
    const variance = values.reduce((sum, u) => sum + (u - mean) ** 2, 0) / values.length;
    expect(Math.min(...values)).toBeGreaterThan(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
  });

  it("does not correlate between neighbouring seeds, steps and rows", () => {
    const base = uniformNoise(5, 6, 7);
    for (const other of [
      uniformNoise(6, 6, 7),
      uniformNoise(5, 7, 7),
      uniformNoise(5, 6, 8),
      uniformNoise(6, 5, 7),
    ]) {
      let product = 0;
      for (let id = 0; id < 20000; id++) product += (base(id) - 0.5) * (other(id) - 0.5);
      // Standard error of the correlation is 1 / sqrt(20000) = 0.007.
      expect(Math.abs((product / 20000) * 12)).toBeLessThan(0.03);
    }
  });

  it("is the same hash in big-integer arithmetic", () => {
    // Worked out apart, in Python.
    expect([0, 1, 2].map((id) => uniformNoise(1, 2, 3)(id) * 2 ** 24)).toEqual([4573270, 10530272, 3532506]);
    expect(uniformNoise(0xffffffff, 0, 0)(50000) * 2 ** 24).toBe(12250062);
  });
});
