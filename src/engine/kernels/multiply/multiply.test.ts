import { expect, it } from "vitest";
import { multiplyReference } from "./multiply.ref";

it("multiplies element by element and leaves the rest alone", () => {
  const y = new Float32Array([9, 9, 9]);
  multiplyReference({ a: new Float32Array([1, -2, 5]), b: new Float32Array([0.5, 2, 5]), y }, { count: 2 });
  expect([...y]).toEqual([0.5, -4, 9]);
});
