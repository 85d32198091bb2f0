/** The WebGPU device itself: what it creates, in which order things happen, and what it says when it breaks. */
import { beforeEach, describe, expect, it } from "vitest";
import { add } from "../kernels/binary/binary";
import type { Device, DeviceBuffer } from "./device";
import { defineKernel } from "./kernel";
import { newWebGpu } from "./shared.samples";
import type { WebGpuDevice } from "./webgpu";

let device: WebGpuDevice;
beforeEach(async () => {
  device = await newWebGpu();
});

function upload(on: Device, values: number[], label = "x"): DeviceBuffer {
  const buffer = on.allocate(values.length * 4, label);
  on.write(buffer, Float32Array.from(values));
  return buffer;
}

async function readFloats(buffer: DeviceBuffer, count: number): Promise<number[]> {
  const [data] = await device.read([{ buffer, offsetBytes: 0, sizeBytes: count * 4 }]);
  return [...new Float32Array(data!)];
}

/** A few dependent dispatches over pooled buffers, as a forward pass is. */
async function forward(): Promise<number[]> {
  const a = upload(device, [1, 2, 3]);
  const b = device.allocate(12, "b");
  device.run(add, { a, b: a, y: b }, { count: 3 });
  const c = device.allocate(12, "c");
  device.run(add, { a: b, b: a, y: c }, { count: 3 });
  const result = await readFloats(c, 3);
  for (const buffer of [c, b, a]) device.release(buffer);
  return result;
}

describe("the WebGPU device", () => {
  it("submits once and reads back once per forward, and the second forward creates nothing", async () => {
    expect(await forward()).toEqual([3, 6, 9]);
    const before = { ...device.counters };
    expect(await forward()).toEqual([3, 6, 9]);
    expect(device.counters.submits - before.submits).toBe(1);
    expect(device.counters.dispatches - before.dispatches).toBe(2);
    expect(device.counters.readBacks - before.readBacks).toBe(1);
    expect(device.counters.bytesReadBack - before.bytesReadBack).toBe(12);
    expect(device.counters.buffersCreated).toBe(before.buffersCreated);
    expect(device.counters.bindGroupsCreated).toBe(before.bindGroupsCreated);
    expect(device.counters.pipelinesCreated).toBe(before.pipelinesCreated);
  });

  it("writes into a recycled buffer only after recorded work has read it", async () => {
    const a = upload(device, [1, 1]);
    const y = device.allocate(8, "y");
    device.run(add, { a, b: a, y }, { count: 2 });
    device.release(a);
    const again = upload(device, [50, 50]);
    expect(await readFloats(y, 2)).toEqual([2, 2]);
    expect(await readFloats(again, 2)).toEqual([50, 50]);
  });

  it("reads several slices, at offsets, in one go", async () => {
    const a = upload(device, [1, 2, 3, 4]);
    const b = upload(device, [5, 6]);
    const [first, second] = await device.read([
      { buffer: a, offsetBytes: 8, sizeBytes: 8 },
      { buffer: b, offsetBytes: 0, sizeBytes: 4 },
    ]);
    expect([...new Float32Array(first!)]).toEqual([3, 4]);
    expect([...new Float32Array(second!)]).toEqual([5]);
  });

  it("sends more dispatches than its arena holds", async () => {
    const buffers = [upload(device, [1]), device.allocate(4, "even"), device.allocate(4, "odd")];
    const [one, even, odd] = buffers as [DeviceBuffer, DeviceBuffer, DeviceBuffer];
    device.write(even, Float32Array.of(0));
    for (let i = 0; i < 5000; i++) {
      const [from, to] = i % 2 === 0 ? [even, odd] : [odd, even];
      device.run(add, { a: from, b: one, y: to }, { count: 1 });
    }
    expect(await readFloats(even, 1)).toEqual([5000]);
  });

  it("refuses what one buffer cannot hold, with the numbers", () => {
    expect(() => device.allocate(200 * 2 ** 20, "logits")).toThrow(
      /logits needs 200 MiB; this GPU holds 128 MiB/,
    );
  });

  it("announces its loss and refuses work afterwards", async () => {
    const a = upload(device, [1]);
    device.lose();
    expect(await device.lost).not.toBe("");
    expect(() => device.allocate(4, "x")).toThrow(expect.objectContaining({ name: "DeviceLost" }));
    await expect(device.read([{ buffer: a, offsetBytes: 0, sizeBytes: 4 }])).rejects.toMatchObject({
      name: "DeviceLost",
    });
  });

  it("rejects a read that was under way when the device was lost", async () => {
    const a = upload(device, [1]);
    const reading = device.read([{ buffer: a, offsetBytes: 0, sizeBytes: 4 }]);
    device.lose();
    await expect(reading).rejects.toMatchObject({ name: "DeviceLost" });
  });

  it("shows a compile error with its line and source", async () => {
    // In the second file of two: its own lines are counted.
    const wgsl = { ...add.wgsl, "add.wgsl": "fn combine(a: f32, b: f32) -> f32 {\n  return a + nothing;\n}" };
    const broken = defineKernel({ ...add, name: "broken", wgsl });
    await expect(device.prepare([broken])).rejects.toThrow(
      /broken: add\.wgsl:2:\d+: .*nothing[\s\S]*return a \+ nothing/,
    );
  });
});
