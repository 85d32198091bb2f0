import { expect, it } from "vitest";
import { embeddingHalfReference } from "./embeddingHalf.ref";

it("copies the named rows", () => {
  const y = new Float32Array(6);
  const table = Uint32Array.of(0x40003c00, 0x3800bc00); // rows (1, 2) and (-1, 0.5)
  embeddingHalfReference(
    { table, ids: Uint32Array.of(1, 0, 1), y },
    { rows: 3, cols: 2, firstRow: 0, tableRows: 2 },
  );
  expect([...y]).toEqual([-1, 0.5, 1, 2, -1, 0.5]);
});
