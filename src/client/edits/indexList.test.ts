/** Lists of indices: what is written can be read back, and what is no list ends in a sentence. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { formatIndices, parseIndices, parsePositions, writePositions } from "./indexList";

it("writes neighbours as ranges", () => {
  expect(formatIndices([5, 3, 6, 7, 9])).toBe("3, 5–7, 9");
  expect(formatIndices([])).toBe("");
});

it("reads what it writes", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(300), { maxLength: 40 }), (indices) => {
      expect(parseIndices(formatIndices(indices), "layer", 301)).toEqual({
        indices: [...indices].sort((a, b) => a - b),
      });
    }),
  );
});

it.each([
  ["3,5 - 6", [3, 5, 6]],
  ["  2 1 ", [1, 2]],
  ["4−5", [4, 5]],
  ["", []],
])("reads %j", (text, indices) => {
  expect(parseIndices(text, "head", 8)).toEqual({ indices });
});

it.each([
  ["1, x", "“x” is no head: write a list such as 3, 5-9."],
  ["5-3", "“5-3” runs backwards: write the smaller head first."],
  ["8", "head 8 does not exist: there are heads 0 to 7."],
  ["0-99", "head 99 does not exist: there are heads 0 to 7."],
  ["-1", "“-1” is no head: write a list such as 3, 5-9."],
])("refuses %j", (text, wrong) => {
  expect(parseIndices(text, "head", 8)).toEqual({ wrong });
});

it("never unfolds an endless range", () => {
  expect(parseIndices("0-99999999999", "position")).toEqual({
    wrong: "“0-99999999999” names more than 100000 of them.",
  });
});

it("reads positions: all, from one on, or a list", () => {
  expect(parsePositions(" ", 10)).toEqual({ positions: undefined });
  expect(parsePositions("all", 10)).toEqual({ positions: undefined });
  expect(parsePositions("from 5", 10)).toEqual({ positions: { from: 5 } });
  expect(parsePositions("3, 5-6", 10)).toEqual({ positions: [3, 5, 6] });
  expect(parsePositions("from 10", 10)).toEqual({
    wrong: "position 10 does not exist: there are positions 0 to 9.",
  });
  expect(parsePositions("from here", 10)).toMatchObject({
    wrong: expect.stringContaining("“from”") as string,
  });
});

it.each([undefined, { from: 3 }, [1, 2, 7]])("writes positions %j as they are read", (positions) => {
  expect(parsePositions(writePositions(positions), 10)).toEqual({ positions });
});
