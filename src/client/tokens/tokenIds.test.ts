import { expect, it } from "vitest";
import { looksLikeTokenIds, parseTokenIds } from "./tokenIds";

it("reads ids separated by spaces, commas or lines", () => {
  expect(parseTokenIds(" 5, 6\n7,8 ", 10)).toEqual([5, 6, 7, 8]);
  expect(parseTokenIds("", 10)).toEqual([]);
});

it("names what is not an id of this vocabulary", () => {
  expect(() => parseTokenIds("5 10", 10)).toThrow("“10” is no token id");
  for (const text of ["x", "-1", "1.5", "1e0", "0x1"])
    expect(() => parseTokenIds(text, 10)).toThrow(/from 0 to 9/);
});

it("tells ids from words", () => {
  expect(["1 2,3", "", "Ann has 3", "-1"].map(looksLikeTokenIds)).toEqual([true, true, false, false]);
});
