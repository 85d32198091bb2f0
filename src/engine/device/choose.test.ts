/** Which device is chosen, for every kind of browser, and that the reason is worth showing. */
import { describe, expect, it } from "vitest";
import { chooseDevice } from "./choose";

const adapter = (description: string, vendor = "acme", architecture = "x1"): GPUAdapterInfo =>
  ({ description, vendor, architecture, device: "" }) as GPUAdapterInfo;
const HARDWARE = adapter("Example RTX");
const SOFTWARE = adapter("", "google", "swiftshader");

describe("chooseDevice", () => {
  it.each([
    ["auto", HARDWARE, "webgpu", /Example RTX is a hardware adapter/],
    ["auto", SOFTWARE, "cpu", /runs in software, slower than the CPU device/],
    ["auto", undefined, "cpu", /offers no WebGPU adapter, so the model runs on the CPU/],
    ["webgpu", SOFTWARE, "webgpu", /was asked for/],
    ["webgpu", HARDWARE, "webgpu", /hardware/],
    ["cpu", HARDWARE, "cpu", /asked for/],
  ] as const)("%s with %o", (preference, info, kind, reason) => {
    const choice = chooseDevice(preference, info);
    expect(choice.kind).toBe(kind);
    expect(choice.reason).toMatch(reason);
  });

  it("says how to get an adapter when WebGPU was asked for and there is none", () => {
    expect(() => chooseDevice("webgpu", undefined)).toThrow(/graphics acceleration/);
  });
});
