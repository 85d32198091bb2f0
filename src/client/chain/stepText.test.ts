/** Editing keeps white space, cutting loses nothing. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { cutAtWord, keepingSpace } from "./stepText";

it.each([
  [" Ann 3 .", "Bob 4 .", " Bob 4 ."],
  ["\n\nSo 5.\n", "  So 6. ", "\n\nSo 6.\n"],
  ["42", "43", "43"],
  ["", "9", " 9"],
  [" 9", "  ", ""],
])("puts other words between the space of %j", (old, words, text) => {
  expect(keepingSpace(old, words)).toBe(text);
});

it("cuts before any word but the first, and the parts rejoin", () => {
  const text = fc.string({ unit: fc.constantFrom("a", " ", "\n", "="), maxLength: 30 });
  fc.assert(
    fc.property(text, fc.integer({ min: -2, max: 12 }), (input, index) => {
      const parts = cutAtWord(input, index);
      const words = input.split(/\s+/).filter(Boolean).length;
      expect(parts !== undefined).toBe(index >= 1 && index < words);
      if (!parts) return;
      expect(parts.join("")).toBe(input);
      expect(parts.every((part) => part.trim() !== "")).toBe(true);
    }),
  );
});
