/** The pullback of rotary positions against central differences: both pairings, whole heads and parts. */
import { it } from "vitest";
import { expectPullback, noise64, zeros64 } from "../centralDifferences.samples";
import { rotaryReference } from "../rotary/rotary.ref";
import { rotaryBackwardReference } from "./rotaryBackward.ref";

const [OWN, HEADS, SCALARS] = [5, 3, 2];

it.each([
  [6, 6, 0, 1],
  [7, 4, 0, 1.3],
  [6, 6, 1, 1],
  [7, 4, 1, 0.8],
])(
  "heads of %d, %d dimensions turn, interleaved %d, magnitude %d",
  (dHead, rotaryDims, interleaved, magnitude) => {
    const positions = Uint32Array.of(0, 1, 2, 40, 41);
    const frequencies = Float32Array.of(1, 0.3, 0.01).slice(0, rotaryDims / 2);
    const shape = { heads: HEADS, dHead, rotaryDims, interleaved, magnitude };
    const cotangent = noise64(SCALARS * OWN * HEADS * dHead, 2);
    const gradient = zeros64(cotangent.length);
    rotaryBackwardReference(
      { dy: cotangent, positions, frequencies, dx: gradient },
      { ...shape, rows: SCALARS * OWN, own: OWN },
    );
    expectPullback({
      forward(x) {
        const y = zeros64(OWN * HEADS * dHead);
        rotaryReference(
          { x, positions, frequencies, y },
          { ...shape, rows: OWN, xStride: HEADS * dHead, xOffset: 0 },
        );
        return y;
      },
      ...{ x: noise64(OWN * HEADS * dHead, 1), cotangent, gradient },
    });
  },
);
