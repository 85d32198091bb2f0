import { expect, it } from "vitest";
import { BufferPool } from "./bufferPool";

const made = (name: string) => ({ name });

it("takes the oldest, whatever the order in which they came back", () => {
  const pool = new BufferPool<{ name: string }>();
  const [a, b, c] = [made("a"), made("b"), made("c")] as const;
  [a, b, c].forEach((buffer) => pool.ageOf(buffer));
  for (const order of [
    [a, b, c],
    [c, a, b],
    [b, c, a],
  ]) {
    order.forEach((buffer) => pool.give(64, buffer));
    expect([pool.take(64), pool.take(64), pool.take(64), pool.take(64)]).toEqual([a, b, c, undefined]);
  }
});

it("keeps classes apart", () => {
  const pool = new BufferPool<{ name: string }>();
  pool.give(64, made("small"));
  expect(pool.take(128)).toBeUndefined();
  expect(pool.take(64)?.name).toBe("small");
});
