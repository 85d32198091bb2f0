/** B10, B11 and B14 in Chromium, on its software adapter and on the CPU device. Not part of `npm test`. */
import { beforeAll, describe, expect, it } from "vitest";
import { createCpuDevice } from "../src/engine/device/cpu";
import type { Device } from "../src/engine/device/device";
import { createWebGpuDevice } from "../src/engine/device/webgpu";
import { decodeGain, encodeShare, limitsCost, type SaeBench } from "./sae";

const LEAST_GAIN = 50;
const LEAST_SHARE = 0.85;
const MOST_LIMITS_COST = 1.2;

async function adapterDevice(defaultLimits: boolean): Promise<Device> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: nothing to measure");
  return createWebGpuDevice({ adapter, defaultLimits });
}

function report({ line, result }: SaeBench): number {
  console.log(line);
  return result.ratio;
}

describe.each([
  // A software adapter takes a second for one product of 16 rows.
  ["the adapter", () => adapterDevice(false), [16], 7],
  ["the CPU device", () => createCpuDevice(), [16, 64], 15],
] as const)("on %s", (_, create, rowCounts, rounds) => {
  let device: Device;
  beforeAll(async () => {
    device = await create();
  });

  it.each([...rowCounts])("decodes %i sparse rows 50 times as fast as dense ones", async (rows) => {
    expect(report(await decodeGain(device, rows, rounds))).toBeGreaterThan(LEAST_GAIN);
  });

  it.each([...rowCounts])("spends 0.85 of a pass of %i rows in the encoder's product", async (rows) => {
    expect(report(await encodeShare(device, rows, 16_384, rounds))).toBeGreaterThan(LEAST_SHARE);
  });
});

it("costs little to stay at the default limits", async () => {
  const cost = report(await limitsCost(await adapterDevice(true), await adapterDevice(false), 16, 5));
  expect(cost).toBeLessThan(MOST_LIMITS_COST);
});
