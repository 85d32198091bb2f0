import { expect, it } from "vitest";
import { addBiasReference } from "./addBias.ref";

it("adds the same bias to every row", () => {
  const y = new Float32Array(4);
  const x = new Float32Array([1, 2, 3, 4]);
  addBiasReference({ x, bias: new Float32Array([10, -1]), y }, { rows: 2, cols: 2 });
  expect([...y]).toEqual([11, 1, 13, 3]);
});
