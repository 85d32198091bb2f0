import { expect, it } from "vitest";
import { latentDeltaReference } from "./latentDelta.ref";

const NONE = 0xffffffff;
/** Latents 7 and 2 are changed in row 0, latent 5 in row 1; row 2 stays. */
const CHANGES = {
  spans: Uint32Array.of(0, 2, 2, 1, 0, 0),
  changes: Uint32Array.of(7, 0, 2, 1, 5, 2),
  amounts: Float32Array.of(0, 4, 3),
  moments: Float32Array.of(0, 10, 0, 100, 0, 1),
};
const out = () => ({ outIds: new Uint32Array(6), outValues: new Float32Array(6).fill(9) });

it("finds the changed latents in their slots; what is in no slot was 0", () => {
  const ids = Uint32Array.of(7, 3, 5, 7, 2, NONE);
  const z = Float32Array.of(2, 1, 0.5, 1, 6, 0);
  const result = out();
  const params = { rows: 3, width: 2, zStride: 2, outWidth: 2, hasMoments: 0, scale: 1 };
  latentDeltaReference({ ids, z, ...CHANGES, ...result }, params);
  expect([...result.outIds]).toEqual([7, 2, 5, NONE, NONE, NONE]);
  expect([...result.outValues]).toEqual([-2, 4, 1, 0, 0, 0]);
});

it("reads dense latents, in the input's units", () => {
  const z = new Float32Array(3 * 8);
  z[7] = 2;
  z[2] = 1;
  z[8 + 5] = 0.5;
  const result = out();
  const params = { rows: 3, width: 0, zStride: 8, outWidth: 2, hasMoments: 1, scale: 1 };
  latentDeltaReference({ ids: new Uint32Array(1), z, ...CHANGES, ...result }, params);
  expect([...result.outValues]).toEqual([-20, 30, 100, 0, 0, 0]);
});
