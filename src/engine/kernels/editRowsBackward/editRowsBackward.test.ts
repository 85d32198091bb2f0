/** The pullback of interventions against central differences: overlapping entries, an offset, rows left alone. */
import { expect, it } from "vitest";
import { expectPullback, noise64, zeros64 } from "../centralDifferences.samples";
import { editRowsReference } from "../editRows/editRows.ref";
import { editRowsBackwardReference } from "./editRowsBackward.ref";

const NONE = 0xffffffff;
const [OWN, COLS, SCALARS] = [3, 7, 2];
const tables = {
  spans: Uint32Array.of(0, 2, 2, 0, 2, 2),
  // Row 0: columns 1–3 halved, then column 3 replaced. Row 2: columns 1–5 times -2, then 4–5 gain.
  entries: Uint32Array.of(0, 3, NONE, 2, 1, 0, 0, 5, NONE, 3, 2, 1),
  keeps: Float32Array.of(0.5, 0, -2, 1),
};

it("keeps of a cotangent what the edits kept of the value", () => {
  const values = noise64(8, 3);
  const cotangent = noise64(SCALARS * OWN * COLS, 2);
  const gradient = zeros64(cotangent.length);
  editRowsBackwardReference(
    { dy: cotangent, ...tables, dx: gradient },
    { rows: SCALARS * OWN, own: OWN, cols: COLS, offset: 1 },
  );
  expectPullback({
    forward(x) {
      const y = zeros64(OWN * COLS);
      editRowsReference({ x, ...tables, values, y }, { rows: OWN, cols: COLS, offset: 1 });
      return y;
    },
    ...{ x: noise64(OWN * COLS, 1), cotangent, gradient },
  });
  // What was replaced is dropped whole.
  expect(gradient[3]).toBe(0);
});
