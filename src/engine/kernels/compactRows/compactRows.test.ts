import { expect, it } from "vitest";
import { compactRowsReference } from "./compactRows.ref";

it("lists columns and values in order, counts all, and leaves the rest empty", () => {
  const [ids, values, counts] = [new Uint32Array(4), new Float32Array(4), new Uint32Array(2)];
  const x = Float32Array.of(0, 5, 0, 0, 7, 8, NaN, 9);
  compactRowsReference({ x, ids, values, counts }, { rows: 2, cols: 4, width: 2 });
  expect([...ids]).toEqual([1, 0xffffffff, 0, 1]);
  expect([...values]).toEqual([5, 0, 7, 8]);
  expect([...counts]).toEqual([1, 3]);
});
