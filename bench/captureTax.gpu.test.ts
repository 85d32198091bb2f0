/** What capturing costs in Chromium, on its software adapter and on the CPU device. Not part of `npm test`. */
import { expect, it } from "vitest";
import { createCpuDevice } from "../src/engine/device/cpu";
import { createWebGpuDevice } from "../src/engine/device/webgpu";
import { measure } from "./captureTax";

/** B13; on a GPU 1.15. */
const MOST = 1.3;
const ROUNDS = 9;

it("costs at most 1.3 × a bare run on the adapter", async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: nothing to measure");
  for (const tax of await measure(await createWebGpuDevice({ adapter }), ROUNDS, console.log)) {
    expect(tax).toMatchObject({ extraDispatches: 0, readBacks: 1 });
    expect(tax.ratio).toBeLessThan(MOST);
  }
});

it("is reported for the CPU device", async () => {
  for (const tax of await measure(await createCpuDevice(), 51, console.log)) {
    expect(tax).toMatchObject({ extraDispatches: 0, readBacks: 1 });
  }
});
