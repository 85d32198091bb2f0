/** B9 in Chromium, on its software adapter and on the CPU device. Not part of `npm test`. */
import { beforeAll, expect, it } from "vitest";
import { createCpuDevice } from "../src/engine/device/cpu";
import { createWebGpuDevice } from "../src/engine/device/webgpu";
import { loadPeer, topKBench } from "./topK";

const LEAST_GAIN = 5;
const SIZES = [
  [16, 16_384, 32],
  [64, 65_536, 32],
  [16, 131_072, 32],
] as const;

let peer: Awaited<ReturnType<typeof loadPeer>>;
beforeAll(async () => {
  peer = await loadPeer();
});

it.each(SIZES)(
  "selects from %i x %i at least 5 times as fast as the peer on the adapter",
  async (...size) => {
    const adapter = await navigator.gpu?.requestAdapter();
    if (!adapter) throw new Error("no WebGPU adapter: nothing to measure");
    const bench = await topKBench(await createWebGpuDevice({ adapter }), peer, size, 7);
    console.log(bench.line);
    expect(bench.same).toBe(true);
    expect(bench.result.ratio).toBeGreaterThan(LEAST_GAIN);
  },
);

it.each(SIZES)("is reported for %i x %i on the CPU device", async (...size) => {
  const bench = await topKBench(await createCpuDevice(), peer, size, 15);
  console.log(bench.line);
  expect(bench.same).toBe(true);
});
