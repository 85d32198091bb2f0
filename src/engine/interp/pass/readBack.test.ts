/** Reading back: numbers come once, and nothing is left on the device, also where the work fails. */
import { beforeEach, expect, it, vi } from "vitest";
import { createCpuDevice } from "../../device/cpu";
import { TensorMemory, type Tensor } from "../../device/tensor";
import { readBack, type ReadBack } from "./readBack";

let memory: TensorMemory;
beforeEach(async () => {
  memory = new TensorMemory(await createCpuDevice());
});

it("reads what was recorded in one go, and frees all of it", async () => {
  const made: Tensor[] = [];
  const read = await readBack(memory, (back) => {
    made.push(memory.from(Float32Array.of(1, 2), [2], "a"), memory.from(Float32Array.of(3), [1], "b"));
    return { all: made.map((tensor) => back.tensor(tensor)), name: "kept" };
  });
  expect(read.all.map((values) => [...values()])).toEqual([[1, 2], [3]]);
  expect(read.name).toBe("kept");
  expect(memory.device.counters.readBacks).toBe(1);
  for (const tensor of made) expect(() => tensor.buffer).toThrow(/freed/);
});

it("leaves a borrowed tensor to its owner", async () => {
  const mine = memory.from(Float32Array.of(5), [1], "mine");
  const values = await readBack(memory, (back) => back.borrowed(mine));
  expect([...values()]).toEqual([5]);
  expect(mine.buffer).toBeDefined();
});

it("frees everything where recording throws, or reading does", async () => {
  const record = (back: ReadBack, fails: boolean) => {
    back.tensor(memory.make([1000], "asked"));
    memory.make([1000], "of the scope");
    if (fails) throw new Error("no such weight");
  };
  await readBack(memory, (back) => record(back, false));
  const { buffersCreated } = memory.device.counters;
  for (let i = 0; i < 3; i++) {
    await expect(readBack(memory, (back) => record(back, true))).rejects.toThrow("no such weight");
  }
  vi.spyOn(memory.device, "read").mockRejectedValueOnce(new Error("lost"));
  await expect(readBack(memory, (back) => record(back, false))).rejects.toThrow("lost");
  await readBack(memory, (back) => record(back, false));
  expect(memory.device.counters.buffersCreated).toBe(buffersCreated);
});

it("refuses numbers that were not read yet", async () => {
  await expect(readBack(memory, (back) => back.tensor(memory.make([1], "early"))())).rejects.toThrow(
    /before they were read/,
  );
});
