/** Pairs as text and as a matrix: both come back, and what is wrong is named. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { AttentionPairs } from "../../protocol/interventions";
import { matrixOfText, pairsOfMatrix, parsePairs, readPairs } from "./attentionPairs";
import { writePairs } from "../../protocol/writePairs";

it("reads rules", () => {
  expect(parsePairs("3 <- 0..2; 5.. <- self\n* <- 0, 7\n2,4<-*")).toEqual({
    pairs: [
      { queries: [3], keys: [0, 1, 2] },
      { queries: { from: 5 }, keys: "self" },
      { keys: [0, 7] },
      { queries: [2, 4] },
    ],
  });
  // Nothing after the arrow: no key. Under "only" such a query sees nothing.
  expect(parsePairs("3 <-")).toEqual({ pairs: [{ queries: [3], keys: [] }] });
});

it("writes what it reads", () => {
  const list = fc.uniqueArray(fc.nat(60), { minLength: 1 }).map((all) => all.sort((a, b) => a - b));
  const side = fc.oneof(list, fc.record({ from: fc.nat(99) }));
  const rule = fc.record(
    { queries: side, keys: fc.oneof(side, fc.constant("self" as const), fc.constant([])) },
    { requiredKeys: [], noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 8 }), (pairs) => {
      expect(parsePairs(writePairs(pairs as AttentionPairs[]))).toEqual({ pairs });
    }),
  );
});

it("reads a matrix as JSON or CSV; rows that are alike are one rule", () => {
  const pairs = [
    { queries: [0, 2], keys: [0] },
    { queries: [1], keys: [] },
  ];
  expect(readPairs("[[1,0,0],[0,0,0],[1,0,0]]")).toEqual({ pairs, isMatrix: true });
  expect(readPairs("1,0,0\n0 0 0\r\n1,0,0\n")).toEqual({ pairs, isMatrix: true });
  expect(matrixOfText("[[true, false], [1, 1]]")).toEqual([
    [1, 0],
    [1, 1],
  ]);
});

it.each([
  ["", /at least one rule, for instance/],
  ["3", /0 <- 0|Row 0/],
  ["a <- 1", /Rule 1, “a <- 1”: “a” names no query/],
  ["1 <- 0; 2 <- 3..1", /Rule 2, “2 <- 3..1”: “3..1” runs backwards/],
  ["1 <- 2 <- 3", /write queries <- keys/],
  ["1 <- 0..9999999", /lists more than 4096 positions: write 0\.\./],
  ["[[1,1],[0,1]]", /Row 0 shows key 1, which comes later: attention here is causal/],
  ["[[1,0]]", /Row 0 has 2 entries and there are 1 rows/],
  ["[[2]]", /Row 0, column 0 is 2: give 0 \(hidden\) or 1 \(seen\)/],
])("refuses %s", (text, wrong) => {
  const read = readPairs(text);
  expect("wrong" in read && read.wrong).toMatch(wrong);
  expect(pairsOfMatrix([])).toHaveProperty("wrong");
});
