import { expect, it } from "vitest";
import { chooseRowsBackwardReference } from "./chooseRowsBackward.ref";

it.each([
  [1, [1, 2, 0, 0, 5, 6, 0, 0]],
  [0, [0, 0, 3, 4, 0, 0, 7, 8]],
])("gives each input the rows that came from it: %d", (changed, expected) => {
  const dx = new Float32Array(8).fill(9);
  const dy = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  chooseRowsBackwardReference(
    { dy, spans: Uint32Array.of(0, 2, 2, 0), dx },
    { rows: 4, own: 2, cols: 2, changed },
  );
  expect([...dx]).toEqual(expected);
});
