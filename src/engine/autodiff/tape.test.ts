import { beforeEach, expect, it } from "vitest";
import { createCpuDevice } from "../device/cpu";
import { TensorMemory, type Tensor } from "../device/tensor";
import { loadBackward } from "../ops/backward";
import { add, multiply, scale } from "../ops/elementwise";
import { Cotangents, Tape } from "./tape";

let memory: TensorMemory;
beforeEach(async () => {
  memory = new TensorMemory(await createCpuDevice());
  await loadBackward(memory.device);
});

const of = (...values: number[]) => memory.from(Float32Array.from(values), [1, values.length], "test");

async function read(tensor: Tensor): Promise<number[]> {
  const [data] = await memory.device.read([
    { buffer: tensor.buffer, offsetBytes: 0, sizeBytes: 4 * tensor.size },
  ]);
  return [...new Float32Array(data!)];
}

function backFrom(tape: Tape, output: Tensor, cotangent: Tensor): Cotangents {
  const cotangents = new Cotangents(memory);
  cotangents.add(output, cotangent);
  tape.back(cotangents);
  return cotangents;
}

it("walks back through what was made from a watched tensor, and adds up what one that is used twice gets", async () => {
  const [x, w] = [of(1, -2, 3), of(2, 5, 7)];
  const tape = new Tape(memory);
  tape.watch(x);
  // y = x w + 3 x + x
  const y = tape.during(() => add(memory, add(memory, multiply(memory, x, w), scale(memory, x, 3)), x));
  const cotangents = backFrom(tape, y, of(1, 10, 100));
  expect(await read(cotangents.of(x)!)).toEqual([6, 90, 1100]);
  // Nobody watched the other factor.
  expect(cotangents.of(w)).toBeUndefined();
});

it("has one row of cotangents for each scalar", async () => {
  const [x, w] = [of(1, 2), of(3, -4)];
  const tape = new Tape(memory);
  tape.watch(x);
  const y = tape.during(() => multiply(memory, x, w));
  const cotangents = backFrom(tape, y, memory.from(Float32Array.of(1, 1, 0, 2, 5, 1), [3, 2], "test"));
  expect(await read(cotangents.of(x)!)).toEqual([3, -4, 0, -8, 15, -4]);
});

it("records nothing without a tape, and nothing before what is watched", async () => {
  const x = of(1, 2);
  const before = scale(memory, x, 2);
  expect(memory.tape).toBeUndefined();
  const tape = new Tape(memory);
  const [below, above] = tape.during(() => {
    const one = scale(memory, before, 2);
    tape.watch(one);
    return [one, scale(memory, one, 5)] as const;
  });
  expect(memory.tape).toBeUndefined();
  const cotangents = backFrom(tape, above, of(1, 1));
  expect(await read(cotangents.of(below)!)).toEqual([5, 5]);
  expect([x, before].map((tensor) => cotangents.of(tensor))).toEqual([undefined, undefined]);
});

it("does not walk what leads elsewhere", () => {
  const x = of(1, 2);
  const tape = new Tape(memory);
  tape.watch(x);
  const [wanted, other] = tape.during(() => [scale(memory, x, 2), scale(memory, x, 3)] as const);
  let walked = 0;
  tape.record(other, [x], () => {
    walked++;
    return [];
  });
  expect(backFrom(tape, wanted, of(1, 1)).of(x)).toBeDefined();
  expect(walked).toBe(0);
});

it("computes what a block gives in the end only if it is read", async () => {
  const [x, w] = [of(1, 2), of(3, 4)];
  const tape = new Tape(memory);
  tape.watch(x);
  const dispatches = () => memory.device.counters.dispatches;
  const before = dispatches();
  const [unread, y] = tape.during(() => [add(memory, x, w), multiply(memory, x, w)] as const);
  expect(dispatches()).toBe(before);
  expect(await read(y)).toEqual([3, 8]);
  expect(dispatches()).toBe(before + 1);
  backFrom(tape, unread, of(1, 1));
  expect(dispatches()).toBe(before + 1);
});

it("refuses cotangents of another size", () => {
  const [x, cotangents] = [of(1, 2), new Cotangents(memory)];
  cotangents.add(x, of(1, 2));
  expect(() => cotangents.add(x, of(1))).toThrow(/2 and 1 numbers/);
});
