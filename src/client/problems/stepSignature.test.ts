/** The signature of a chain is kept with its labels: it stays what it is, and tells where one step ends. */
import { expect, it } from "vitest";
import { signatureOf } from "./stepSignature";

it("tells lists of steps apart, also where they make the same text", () => {
  expect(signatureOf(["a b", "ü→"])).toBe(3047168178);
  expect(signatureOf(["a", " bü→"])).toBe(24328366);
  expect(signatureOf([])).not.toBe(0);
});
