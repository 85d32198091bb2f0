import { expect, it } from "vitest";
import { editRowsReference } from "./editRows.ref";

it("applies a row's entries in order, behind the offset, and copies everything else", () => {
  const y = new Float32Array(8);
  editRowsReference(
    {
      x: Float32Array.of(1, 2, 3, 4, 5, 6, -Infinity, 8),
      spans: Uint32Array.of(0, 2, 2, 1),
      // Row 0: columns 1–2 doubled, then column 2 gets +10. Row 1: columns 1–2 become 20 and 30.
      entries: Uint32Array.of(0, 2, 0xffffffff, 1, 1, 0, 0, 2, 1),
      keeps: Float32Array.of(2, 1, 0),
      values: Float32Array.of(10, 20, 30),
      y,
    },
    { rows: 2, cols: 4, offset: 1 },
  );
  expect([...y]).toEqual([1, 4, 16, 4, 5, 20, 30, 8]);
});
