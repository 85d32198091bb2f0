/** The cache reference on a case small enough to see. */
import { expect, it } from "vitest";
import { storeKeyValuesReference } from "./storeKeyValues.ref";

it("copies each row to its slot and leaves the other slots alone", () => {
  const qkv = Float32Array.of(0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15); // two rows of q, k, v with two dims each
  const keyCache = new Float32Array(8).fill(-1);
  const valueCache = new Float32Array(8).fill(-2);
  storeKeyValuesReference(
    { keys: qkv, values: qkv, slots: Uint32Array.of(3, 1), keyCache, valueCache },
    { rows: 2, width: 2, kStride: 6, kOffset: 2, vStride: 6, vOffset: 4 },
  );
  expect([...keyCache]).toEqual([-1, -1, 12, 13, -1, -1, 2, 3]);
  expect([...valueCache]).toEqual([-2, -2, 14, 15, -2, -2, 4, 5]);
});
