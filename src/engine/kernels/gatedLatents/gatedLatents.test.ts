import { expect, it } from "vitest";
import { gatedLatentsReference } from "./gatedLatents.ref";

it("takes the strength where the gate is open", () => {
  const y = new Float32Array(4);
  const weights = {
    gateBias: Float32Array.of(0, -2),
    scale: Float32Array.of(2, 3),
    bias: Float32Array.of(1, -3),
  };
  gatedLatentsReference({ x: Float32Array.of(1, 1, -1, 4), ...weights, y }, { rows: 2, cols: 2 });
  expect([...y]).toEqual([3, 0, 0, 9]);
});
