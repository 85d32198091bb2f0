import { expect, it } from "vitest";
import { embeddingReference } from "./embedding.ref";

it("copies the named rows", () => {
  const y = new Float32Array(6);
  const table = Float32Array.of(1, 2, -1, 0.5); // rows (1, 2) and (-1, 0.5)
  embeddingReference(
    { table, ids: Uint32Array.of(1, 0, 1), y },
    { rows: 3, cols: 2, firstRow: 0, tableRows: 2 },
  );
  expect([...y]).toEqual([-1, 0.5, 1, 2, -1, 0.5]);
});
