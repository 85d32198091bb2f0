/** Numbers in words. */
import { expect, it } from "vitest";
import { tableWords, valueWords } from "./words";

it("names what is not finite, and counts", () => {
  expect([-Infinity, Infinity, NaN, -0.25].map(valueWords)).toEqual(["−∞", "∞", "not a number", "−0.2500"]);
  expect([12345, -3, 0.5, "x", undefined].map(tableWords)).toEqual(["12,345", "−3", "0.5000", "x", ""]);
});
