import { expect, it } from "vitest";
import { jumpReluReference } from "./jumpRelu.ref";

it("keeps what is above its threshold and above 0", () => {
  const y = new Float32Array(6);
  const views = { x: Float32Array.of(2, 2, -1, 1, 3, 0.5), threshold: Float32Array.of(1, 2, -2), y };
  jumpReluReference(views, { rows: 2, cols: 3 });
  expect([...y]).toEqual([2, 0, 0, 0, 3, 0.5]);
});
