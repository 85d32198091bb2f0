/** B6 in Chromium, on its software adapter and on the CPU device. Not part of `npm test`. */
import { expect, it } from "vitest";
import { createCpuDevice } from "../src/engine/device/cpu";
import type { Device } from "../src/engine/device/device";
import { createWebGpuDevice } from "../src/engine/device/webgpu";
import { LEDGER_SIZE, MODES, SMALL_SIZE, trieGain, type TrieSize } from "./trie";

/** Of the formula's gain. */
const LEAST_SHARE = 0.7;
const STEPS = 8;

async function measure(device: Device, mode: (typeof MODES)[number], rounds: number, size: TrieSize) {
  const { line, share, difference, formula, tokens } = await trieGain(device, mode, STEPS, rounds, size);
  console.log(line);
  expect(tokens).toEqual(formula);
  expect(difference).toBeLessThan(1e-4);
  expect(share).toBeGreaterThan(LEAST_SHARE);
}

it.each(MODES)("gains on the adapter what the formula says, mode %s", async (mode) => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: nothing to measure");
  await measure(await createWebGpuDevice({ adapter }), mode, 3, SMALL_SIZE);
});

it.each(MODES)("gains on the CPU device what the formula says, mode %s", async (mode) => {
  await measure(await createCpuDevice(), mode, 5, LEDGER_SIZE);
});
