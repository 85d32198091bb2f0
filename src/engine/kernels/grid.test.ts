/** The grid covers every workgroup within the limits of an axis. */
import { expect, it } from "vitest";
import { flatGrid } from "./grid";

it.each([1, 2, 65535, 65536, 131071, 1_000_003, 65535 * 65535])("covers %i workgroups", (workgroups) => {
  const [x, y, z] = flatGrid(workgroups);
  expect(x * y).toBeGreaterThanOrEqual(workgroups);
  expect(x * y - workgroups).toBeLessThan(y);
  expect([Math.max(x, y) <= 65535, z]).toEqual([true, 1]);
});

it("is empty for no work", () => {
  const [x, y] = flatGrid(0);
  expect(x * y).toBe(0);
});
