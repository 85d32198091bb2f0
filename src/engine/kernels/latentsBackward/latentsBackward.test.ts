/** The reference by hand; with encoder and decoder around it, it is held against slopes in ops/latentEdits. */
import { expect, it } from "vitest";
import { latentsBackwardReference } from "./latentsBackward.ref";

function back(dropped: number, width = 0): number[] {
  const d = new Float32Array(12).fill(9);
  latentsBackwardReference(
    {
      g: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 30, 40),
      // Row 0 has latents 0, 1 and 3; row 1 has 1 and 2.
      ids: width > 0 ? Uint32Array.of(3, 0, 1, 2, 1, 0xffffffff) : Uint32Array.of(0),
      z: width > 0 ? Float32Array.of(5, 1, 2, 3, 4, 0) : Float32Array.of(1, 2, 0, 5, 0, 4, 3, 0),
      // Row 0: latent 0 ablated, 1 tripled, 2 clamped. Row 1: nothing.
      spans: Uint32Array.of(0, 3, 3, 0),
      changes: Uint32Array.of(0, 0, 1, 2, 2, 1),
      amounts: Float32Array.of(0, 3, 7),
      gain: Float32Array.of(0),
      d,
    },
    { rows: 3, own: 2, latents: 4, width, zStride: width || 4, dropped, hasGain: 0 },
  );
  return [...d].map((value) => value + 0);
}

it.each([0, 3])("moves with what the changes keep of active latents, in slots of %d", (width) => {
  expect(back(0, width)).toEqual([-1, 4, 0, 0, 0, 0, 0, 0, -10, 40, 0, 0]);
});

it.each([0, 3])(
  "and with the whole of the others where the error term is dropped, in slots of %d",
  (width) => {
    expect(back(1, width)).toEqual([0, 6, 0, 4, 0, 0, 0, 0, 0, 60, 0, 40]);
  },
);
