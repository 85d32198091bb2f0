import { expect, it } from "vitest";
import { add, multiply } from "./binary";
import { binaryReference } from "./binary.ref";

it("combines element by element and leaves the rest alone", () => {
  const y = new Float32Array([9, 9, 9]);
  const views = { a: new Float32Array([1, -2, 5]), b: new Float32Array([0.5, 2, 5]), y };
  binaryReference((a, b) => a - b)(views, { count: 2 });
  expect([...y]).toEqual([0.5, -4, 9]);
});

it.each([
  [add, [1.5, 0, 9]],
  [multiply, [0.5, -4, 9]],
])("$name", ({ reference }, expected) => {
  const y = new Float32Array([9, 9, 9]);
  reference({ a: new Float32Array([1, -2, 5]), b: new Float32Array([0.5, 2, 5]), y }, { count: 2 });
  expect([...y]).toEqual(expected);
});
