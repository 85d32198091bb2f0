import { expect, it } from "vitest";
import { addReference } from "./add.ref";

it("adds element by element and leaves the rest alone", () => {
  const y = new Float32Array([9, 9, 9]);
  addReference({ a: new Float32Array([1, -2, 5]), b: new Float32Array([0.5, 2, 5]), y }, { count: 2 });
  expect([...y]).toEqual([1.5, 0, 9]);
});
