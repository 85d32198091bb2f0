/** The reference by hand; the device against a sort on 10,000 random rows; rows as long as the largest autoencoder. */
import { beforeAll, expect, it } from "vitest";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { noise } from "../case";
import { differences, hardRows, selectOn, sortedTop } from "./hardRows.samples";
import { topKSelectReference } from "./topKSelect.ref";

const NONE = 0xffffffff;

function topOf(x: Float32Array, k: number, positiveOnly: number) {
  const ids = new Uint32Array(k).fill(9);
  const values = new Float32Array(k).fill(9);
  const sizes = { rows: 1, cols: x.length, k, segments: 1, hasIds: 0, outStride: k, outOffset: 0 };
  topKSelectReference({ x, sourceIds: new Uint32Array(1), ids, values }, { ...sizes, positiveOnly });
  return { ids: [...ids], values: [...values] };
}

it("takes the largest, ties to the lower column, never NaN, and leaves the rest of the slots empty", () => {
  const x = Float32Array.of(-1, 4, NaN, -Infinity, 4, Infinity);
  expect(topOf(x, 3, 0)).toEqual({ ids: [5, 1, 4], values: [Infinity, 4, 4] });
  expect(topOf(x, 6, 0)).toEqual({ ids: [5, 1, 4, 0, 3, NONE], values: [Infinity, 4, 4, -1, -Infinity, 0] });
  expect(topOf(x, 6, 1)).toEqual({ ids: [5, 1, 4, NONE, NONE, NONE], values: [Infinity, 4, 4, 0, 0, 0] });
});

let device: Device;
beforeAll(async () => {
  device = await createCpuDevice();
});

it.each([
  [10_000, 7, 61, 0],
  [10_000, 32, 257, 0],
  [10_000, 32, 257, 1],
  [2000, 512, 1031, 1],
])("equals a sort on %i rows: %i of %i, positive only: %i", async (rows, k, cols, positiveOnly) => {
  const x = hardRows(rows, cols);
  expect(
    differences(await selectOn(device, x, rows, k, positiveOnly), sortedTop(x, rows, k, positiveOnly)),
  ).toEqual([]);
});

it("selects among 131,072 columns and more", async () => {
  for (const cols of [131_072, 1_200_000]) {
    const x = noise(2 * cols, 3, 6);
    expect(differences(await selectOn(device, x, 2, 64, 1), sortedTop(x, 2, 64, 1))).toEqual([]);
  }
});
