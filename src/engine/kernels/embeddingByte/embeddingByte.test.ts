import { expect, it } from "vitest";
import { embeddingByteReference } from "./embeddingByte.ref";

it("copies the named rows", () => {
  const y = new Float32Array(6);
  const table = Uint32Array.of(0x3f800000, 0x0201, 0x3f000000, 0x01fe); // rows (1, 2) and (-1, 0.5)
  embeddingByteReference(
    { table, ids: Uint32Array.of(1, 0, 1), y },
    { rows: 3, cols: 2, firstRow: 0, tableRows: 2 },
  );
  expect([...y]).toEqual([-1, 0.5, 1, 2, -1, 0.5]);
});
