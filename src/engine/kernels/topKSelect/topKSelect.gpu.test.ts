/** The shader against a sort: 10,000 short rows, and rows as long as the largest autoencoders have latents. */
import { beforeAll, expect, it } from "vitest";
import { sharedWebGpu } from "../../device/shared.samples";
import type { WebGpuDevice } from "../../device/webgpu";
import { noise } from "../case";
import { differences, hardRows, selectOn, sortedTop } from "./hardRows.samples";

let device: WebGpuDevice;
beforeAll(async () => {
  device = await sharedWebGpu();
});

it.each([
  [10_000, 61, 7, 0],
  [2_000, 257, 32, 1],
])("equals a sort on %i rows of %i: %i, positive only: %i", async (rows, cols, k, positiveOnly) => {
  const x = hardRows(rows, cols);
  const expected = sortedTop(x, rows, k, positiveOnly);
  expect(differences(await selectOn(device, x, rows, k, positiveOnly), expected)).toEqual([]);
});

it("equals a sort where much is left after the first pass", async () => {
  const x = hardRows(200, 3001);
  expect(differences(await selectOn(device, x, 200, 512, 0), sortedTop(x, 200, 512, 0))).toEqual([]);
});

it("selects among 131,072 columns and more", async () => {
  for (const cols of [131_072, 1_200_000]) {
    const x = noise(2 * cols, 3, 6);
    expect(differences(await selectOn(device, x, 2, 64, 1), sortedTop(x, 2, 64, 1))).toEqual([]);
  }
});
