/** A device that says how much of it is in use: for tests and benchmarks of memory. */
import type { Device, DeviceBuffer } from "./device";

/** Bytes that a device has in use at one time, and the largest buffer: counted as they are taken and given back. */
export function counted(device: Device): {
  device: Device;
  inUse(): number;
  peak(): number;
  largest(): number;
  reset(): void;
} {
  let [inUse, most, largest] = [0, 0, 0];
  const allocate = (sizeBytes: number, label: string): DeviceBuffer => {
    const buffer = device.allocate(sizeBytes, label);
    inUse += buffer.sizeBytes;
    most = Math.max(most, inUse);
    largest = Math.max(largest, buffer.sizeBytes);
    return buffer;
  };
  const release = (buffer: DeviceBuffer) => {
    inUse -= buffer.sizeBytes;
    device.release(buffer);
  };
  const own: Record<string | symbol, unknown> = { allocate, release };
  return {
    device: new Proxy(device, {
      get(target, key) {
        if (Object.hasOwn(own, key)) return own[key];
        const value: unknown = Reflect.get(target, key);
        return typeof value === "function" ? value.bind(target) : value;
      },
    }),
    inUse: () => inUse,
    peak: () => most,
    largest: () => largest,
    reset() {
      [inUse, most, largest] = [0, 0, 0];
    },
  };
}
