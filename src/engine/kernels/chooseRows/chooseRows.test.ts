import { expect, it } from "vitest";
import { chooseRowsReference } from "./chooseRows.ref";

it("takes rows that have changes from the first matrix", () => {
  const y = new Float32Array(4);
  const spans = Uint32Array.of(5, 0, 5, 2);
  chooseRowsReference(
    { spans, a: Float32Array.of(1, 2, 3, 4), b: Float32Array.of(5, 6, 7, 8), y },
    { rows: 2, cols: 2 },
  );
  expect([...y]).toEqual([5, 6, 3, 4]);
});
