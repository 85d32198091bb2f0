/** The rotary reference by hand, and the property that it exists for. */
import { describe, expect, it } from "vitest";
import { rotaryReference } from "./rotary.ref";

const quarter = Math.PI / 2;

function rotate(
  x: readonly number[],
  position: number,
  rotaryDims: number,
  interleaved: number,
  magnitude = 1,
): number[] {
  const y = new Float32Array(x.length).fill(9);
  rotaryReference(
    {
      x: Float32Array.from(x),
      positions: Uint32Array.of(position),
      // Pair 0 turns by a quarter per position, pair 1 by a half turn.
      frequencies: Float32Array.of(quarter, 2 * quarter).slice(0, rotaryDims / 2),
      y,
    },
    { rows: 1, heads: 1, dHead: x.length, rotaryDims, xStride: 0, xOffset: 0, interleaved, magnitude },
  );
  return [...y].map((value) => Math.round(value * 1e5) / 1e5 + 0);
}

describe("rotaryReference", () => {
  it("turns (i, i + half) pairs and copies the rest", () => {
    expect(rotate([1, 2, 3, 4, 5], 1, 4, 0)).toEqual([-3, -2, 1, -4, 5]);
  });

  it("turns neighbouring pairs when interleaved", () => {
    expect(rotate([1, 2, 3, 4, 5], 1, 4, 1)).toEqual([-2, 1, -3, -4, 5]);
    expect(rotate([1, 2, 3, 4, 5], 1, 2, 1)).toEqual([-2, 1, 3, 4, 5]);
  });

  it("makes what turns longer, and only that", () => {
    expect(rotate([1, 2, 3, 4, 5], 1, 4, 0, 2)).toEqual([-6, -4, 2, -8, 5]);
  });

  it("changes nothing at position 0", () => {
    expect(rotate([1, 2, 3, 4], 0, 4, 0)).toEqual([1, 2, 3, 4]);
  });

  it("makes dot products depend on the distance alone, in every head of a strided matrix", () => {
    const rows = 6;
    const y = new Float32Array(rows * 2 * 4);
    // Every row and head holds the same vector, between paddings.
    const x = Float32Array.from(
      { length: rows * 11 },
      (_, n) => [9, 9, 1, 2, 3, 4, 1, 2, 3, 4, 9][n % 11] ?? 9,
    );
    rotaryReference(
      { x, positions: Uint32Array.of(3, 5, 103, 105, 7, 9), frequencies: Float32Array.of(1, 0.1), y },
      { rows, heads: 2, dHead: 4, rotaryDims: 4, xStride: 11, xOffset: 2, interleaved: 0, magnitude: 1 },
    );
    const dot = (a: number, b: number) =>
      y.subarray(a * 4, a * 4 + 4).reduce((sum, value, d) => sum + value * (y[b * 4 + d] ?? NaN), 0);
    const expected = 10 * Math.cos(2) + 20 * Math.cos(0.2); // (1 + 9) cos 2 + (4 + 16) cos 0.2
    for (const [a, b] of [
      [0, 2],
      [4, 6],
      [8, 10],
      [1, 3],
      [0, 3],
    ] as const) {
      expect(dot(a, b)).toBeCloseTo(expected, 4);
    }
  });
});
