/** The component by the Gram matrix, against all eigenvectors of the whole matrix of squares. */
import { describe, expect, it } from "vitest";
import { noise } from "../../../random/noise";
import type { Centring } from "../../../protocol/steering";
import { dot, norm, principalComponent } from "./principal";
import { eigen, principalReference } from "./principalReference";

const CENTRINGS: Centring[] = ["none", "mean"];
const rows = (count: number, width: number, seed: number, shift = 0) =>
  Array.from({ length: count }, (_, i) =>
    Float64Array.from(noise(width, seed + i), (x, k) => x * (k === 2 ? 3 : 1) + (k === 1 ? shift : 0)),
  );

describe("the reference", () => {
  it("finds eigenvectors: A v = λ v, orthogonal, of known values", () => {
    const a = [
      [2, 1, 0],
      [1, 3, -1],
      [0, -1, 5],
    ];
    const { values, vectors } = eigen(a);
    expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(10, 12);
    values.forEach((value, j) => {
      const v = vectors.map((row) => row[j]!);
      a.forEach((row, i) => expect(dot(row, v)).toBeCloseTo(value * v[i]!, 10));
      expect(norm(v)).toBeCloseTo(1, 12);
    });
    expect([...eigen([[4, 0], [0, 9]]).values].sort()).toEqual([4, 9]); // prettier-ignore
  });
});

describe.each(CENTRINGS)("the component (centring %s)", (centring) => {
  it.each([
    [5, 12],
    [12, 12],
    [40, 12],
    [2, 12],
  ])("of %i vectors of width %i is the reference's", (count, width) => {
    const vectors = rows(count, width, 7, 2);
    const found = principalComponent(vectors, centring);
    const expected = principalReference(vectors, centring);
    expect(Math.abs(dot(found.direction, expected.direction))).toBeCloseTo(1, 9);
    expect(found.explained).toBeCloseTo(expected.explained, 9);
    expect(norm(found.direction)).toBeCloseTo(1, 12);
    expect(found.residual).toBeLessThan(1e-6);
  });

  it("is not there where every vector is the same around the centre", () => {
    const same = Array.from({ length: 4 }, () => Float64Array.of(1, 2, 3));
    const zero = same.map((row) => row.map(() => 0));
    expect([...principalComponent(zero, centring).direction]).toEqual([0, 0, 0]);
    expect(principalComponent(zero, centring).explained).toBeNaN();
    const found = principalComponent(same, centring);
    if (centring === "mean") expect([...found.direction]).toEqual([0, 0, 0]);
    else expect(found.explained).toBeCloseTo(1, 12);
  });
});

it("centred and not, answers differ where differences share a direction", () => {
  // All share axis 1; they vary along axis 2.
  const vectors = rows(30, 6, 3, 20);
  expect(Math.abs(principalComponent(vectors, "none").direction[1]!)).toBeGreaterThan(0.99);
  expect(Math.abs(principalComponent(vectors, "mean").direction[2]!)).toBeGreaterThan(0.9);
});
