/** Batches of cells: in order, none lost, none larger than asked but for a single long cell. */
import { expect, it } from "vitest";
import { batchesOf } from "./cellBatches";

it("fills batches in order", () => {
  const cells = [3, 3, 3, 9, 1, 1];
  expect(batchesOf(cells, (tokens) => tokens, 6)).toEqual([[3, 3], [3], [9], [1, 1]]);
  expect(batchesOf([], () => 1, 6)).toEqual([]);
});
