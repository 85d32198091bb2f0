/**
 * The devices that tests in a browser share. All files run in one page, so each kernel is compiled once for all of them,
 * and a recorded model is opened once on each device (goldenUrls.samples.ts). A test that loses or counts on a device of
 * its own makes one.
 */
import { createCpuDevice } from "./cpu";
import type { Device } from "./device";
import { createWebGpuDevice, type WebGpuDevice } from "./webgpu";

let gpu: Promise<WebGpuDevice> | undefined;
let cpu: Promise<Device> | undefined;

/** A device of the page's adapter, at the limits that every device has: what runs here runs anywhere. */
export function sharedWebGpu(): Promise<WebGpuDevice> {
  gpu ??= newWebGpu().then((device) => {
    // One file's loss is not the next one's.
    void device.lost.then(() => (gpu = undefined));
    return device;
  });
  return gpu;
}

/** A device of its own. */
export async function newWebGpu(): Promise<WebGpuDevice> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: nothing can be tested on WebGPU here");
  return createWebGpuDevice({ adapter, defaultLimits: true });
}

export function sharedCpu(): Promise<Device> {
  return (cpu ??= createCpuDevice());
}
