import { expect, it } from "vitest";
import { placeColumnsReference } from "./placeColumns.ref";

it("puts columns in their place among zeros", () => {
  const dx = new Float32Array(8).fill(9);
  placeColumnsReference({ dy: Float32Array.of(1, 2, 3, 4), dx }, { rows: 2, width: 2, cols: 4, offset: 1 });
  expect([...dx]).toEqual([0, 1, 2, 0, 0, 3, 4, 0]);
});
