/** The law at the sizes that its authors drew. */
import { expect, it } from "vitest";
import { saeScalingLaw } from "./saeScalingLaw";

it.each([
  [2 ** 15, [0.474, 0.431, 0.393, 0.358, 0.326]],
  [2 ** 24, [0.299, 0.261, 0.231, 0.207, 0.187]],
])("with %d latents and k of 32 to 512", (n, expected) => {
  expect([32, 64, 128, 256, 512].map((k) => Math.round(saeScalingLaw(n, k) * 1000) / 1000)).toEqual(expected);
});
