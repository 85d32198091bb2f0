/** The pullback of rows by index against central differences: rows with several copies and with none. */
import { it } from "vitest";
import { expectPullback, noise64, zeros64 } from "../centralDifferences.samples";
import { embeddingReference } from "../embedding/embedding.ref";
import { F32 } from "../weights/weights";
import { gatherBackwardReference } from "./gatherBackward.ref";

it("sums what the copies of a row got", () => {
  const [own, cols, scalars] = [4, 3, 2];
  const ids = Uint32Array.of(2, 0, 2, 3, 2);
  const cotangent = noise64(scalars * 5 * cols, 2);
  const gradient = zeros64(scalars * own * cols);
  gatherBackwardReference(
    {
      dy: cotangent,
      order: Uint32Array.of(1, 0, 2, 4, 3),
      firsts: Uint32Array.of(0, 1, 1, 4, 5),
      dx: gradient,
    },
    { rows: scalars * own, own, copies: 5, cols },
  );
  expectPullback({
    forward(w) {
      const y = zeros64(5 * cols);
      embeddingReference(F32)({ ids, w, y }, { rows: 5, cols, firstRow: 0, tableRows: own });
      return y;
    },
    ...{ x: noise64(own * cols, 1), cotangent, gradient },
  });
});
