/** B6 in Chromium, on its software adapter and on the CPU device. Not part of `npm test`. */
import { expect, it } from "vitest";
import { createCpuDevice } from "../src/engine/device/cpu";
import { createWebGpuDevice } from "../src/engine/device/webgpu";
import { MODES, trieGain } from "./trie";

/** Of the formula's gain. */
const LEAST_SHARE = 0.7;
const STEPS = 8;

async function adapterDevice() {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: nothing to measure");
  return createWebGpuDevice({ adapter });
}

it.each(
  MODES.flatMap((mode) => [
    ["the adapter", mode, adapterDevice, 3] as const,
    ["the CPU device", mode, createCpuDevice, 5] as const,
  ]),
)("gains on %s in mode %s what the formula says", async (_, mode, open, rounds) => {
  const { line, share, difference, formula, tokens } = await trieGain(await open(), mode, STEPS, rounds);
  console.log(line);
  expect(tokens).toEqual(formula);
  expect(difference).toBeLessThan(1e-4);
  expect(share).toBeGreaterThan(LEAST_SHARE);
});
