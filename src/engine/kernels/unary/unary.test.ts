import { expect, it } from "vitest";
import { geluExact, geluTanh, relu, scale, silu, softcap, unaryReference } from "./unary.ref";

// Values computed independently, to ten digits.
it.each([
  ["relu", relu, 1.5, 1.5],
  ["relu", relu, -1.5, 0],
  ["relu", relu, 0, 0],
  ["silu", silu, 1, 0.7310585786],
  ["silu", silu, -1, -0.2689414214],
  ["silu", silu, 4, 3.9280551601],
  ["silu", silu, 0, 0],
  ["silu", silu, -100, 0],
  ["geluTanh", geluTanh, 1, 0.8411919906],
  ["geluTanh", geluTanh, -1, -0.1588080094],
  ["geluTanh", geluTanh, 3, 2.9963625],
  ["geluTanh", geluTanh, 0, 0],
  ["geluTanh", geluTanh, 20, 20],
  ["geluTanh", geluTanh, -20, 0],
  ["geluExact", geluExact, 1, 0.8413447461],
  ["geluExact", geluExact, -1, -0.1586552539],
  ["geluExact", geluExact, 3, 2.9959503],
  ["geluExact", geluExact, 0, 0],
  ["geluExact", geluExact, 20, 20],
  ["geluExact", geluExact, -20, 0],
  ["scale 3", scale(3), 2, 6],
  ["scale 3", scale(3), -1.5, -4.5],
  ["scale 3", scale(3), 0, 0],
] as const)("%s maps %d to %d", (_, apply, input, output) => {
  expect(apply(input)).toBeCloseTo(output, 6);
});

it.each([
  [0, 0],
  [30, 22.8478246859],
  [-15, -13.8635147179],
  [1e6, 30],
])("softcap 30 maps %d to %d", (input, output) => {
  expect(softcap(30)(input)).toBeCloseTo(output, 4);
});

it("maps count elements and leaves the rest alone", () => {
  const y = Float32Array.of(9, 9, 9);
  unaryReference(() => relu)({ x: Float32Array.of(1, -2, 5), y }, { count: 2 });
  expect([...y]).toEqual([1, 0, 9]);
});
