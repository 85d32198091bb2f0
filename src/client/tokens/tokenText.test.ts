import { expect, it } from "vitest";
import { tokenLabel, tokenMarks } from "./tokenText";

it("leaves spaces out unless asked", () => {
  expect(tokenMarks(" Ann", false)).toEqual({ before: "", text: "Ann", after: "" });
  expect(tokenMarks(" Ann ", true)).toEqual({ before: "·", text: "Ann", after: "·" });
  expect(tokenMarks("a b", true)).toEqual({ before: "", text: "a b", after: "" });
});

it("always shows line ends, tabs, and tokens of nothing but space", () => {
  expect(tokenMarks("\n\n", false)).toEqual({ before: "⏎⏎", text: "", after: "" });
  expect(tokenMarks(";\n\tx", false)).toEqual({ before: "", text: ";⏎⇥x", after: "" });
  expect(tokenMarks("  ", false)).toEqual({ before: "··", text: "", after: "" });
});

it("takes an empty text", () => {
  expect(tokenMarks("", true)).toEqual({ before: "", text: "", after: "" });
});

it("labels a token in one string", () => {
  expect([" Ann", "\n", " ", "a\n"].map(tokenLabel)).toEqual(["Ann", "⏎", "·", "a⏎"]);
});
