/** The argmax reference on rows small enough to see. */
import { expect, it } from "vitest";
import { argmaxReference } from "./argmax.ref";

it.each([
  ["the largest", [1, 3, 2], 1],
  ["the lower id on ties", [-7, -2, -2], 1],
  ["both zeros tie", [-0, 0], 0],
  ["NaN is ignored", [NaN, -5, NaN, -4], 3],
  ["a lone -Infinity still beats NaN", [NaN, -Infinity], 1],
  ["0 if all are NaN", [NaN, NaN], 0],
] as const)("%s", (_, logits, id) => {
  const ids = new Uint32Array(2);
  argmaxReference({ logits: Float32Array.of(...logits, ...logits), ids }, { rows: 2, cols: logits.length });
  expect([...ids]).toEqual([id, id]);
});
