/** The device that a benchmark runs on in Node. Everything is fetched when it is asked for: a browser has none of it. */
import type { Device } from "../src/engine/device/device";

export async function openNodeDevice(kind: string): Promise<Device> {
  if (kind !== "webgpu") {
    const { createCpuDevice } = await import("../src/engine/device/cpu");
    return createCpuDevice();
  }
  const [{ createWebGpuDevice }, { nodeAdapter }] = await Promise.all([
    import("../src/engine/device/webgpu"),
    import("../src/engine/device/node"),
  ]);
  return createWebGpuDevice({ adapter: await nodeAdapter() });
}
