/** Published tables of coalitions, written here in their layouts. */
import { describe, expect, it } from "vitest";
import { readGameTables, recompute } from "./tables";

const OR_OF_THREE = `Something before.

Is one of them enough?
 Features  Attribution  Shapely Value       SII  TIE
     (0,)            1       0.333333  0.333333  0.0
     (1,)            1       0.333333  0.333333  0.0
     (2,)            1       0.333333  0.333333  0.0
   (0, 1)           -1       0.000000 -0.500000  0.0
   (0, 2)           -1       0.000000 -0.500000  0.0
   (1, 2)           -1       0.000000 -0.500000  0.0
(0, 1, 2)            1       0.000000  1.000000  0.0

Not needed here.
Nothing to do.

Two of three?
 Features  Attribution  Shapely Value  SII
     (0,)            1            0.5  0.5
     (1,)            1            0.5  0.5
   (0, 1)           -1            0.0 -1.0
`;

describe("tables as text", () => {
  it("are recomputed from their own dividends", () => {
    const tables = readGameTables("t.txt", OR_OF_THREE);
    expect(tables.map(({ title, n }) => [title, n])).toEqual([
      ["Is one of them enough?", 3],
      ["Two of three?", 2],
    ]);
    // v of any coalition but none is 1.
    expect([...tables[0]!.values]).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
    for (const table of tables) {
      const found = recompute(table);
      expect(found.shapleyDiffers).toBeLessThan(1e-6);
      expect(found.interactionsDiffer).toBeLessThan(1e-6);
      expect(found.dividendsDiffer).toBeLessThan(1e-12);
    }
  });

  it("tell a number that does not follow", () => {
    const [table] = readGameTables("t.txt", OR_OF_THREE.replace("0.333333  0.333333", "0.433333  0.333333"));
    expect(recompute(table!).shapleyDiffers).toBeCloseTo(0.1, 5);
  });
});

describe("tables as JSON", () => {
  it.each([
    ["an object of coalitions", '{"": 0, "0": 1, "1": 2, "0,1": 4}'],
    ["keys as tuples", '{"()": 0, "(0,)": 1, "(1,)": 2, "(0, 1)": 4}'],
    [
      "a list",
      '[{"coalition": [], "value": 0}, {"coalition": [0], "value": 1}, {"coalition": [1], "value": 2}, {"coalition": [0, 1], "value": 4}]',
    ],
  ])("are read from %s", (_, text) => {
    const [table] = readGameTables("t.json", text);
    expect(recompute(table!).shapley).toEqual([1.5, 2.5]);
    expect(recompute(table!).shapleyDiffers).toBeUndefined();
  });

  it("can be several", () => {
    expect(
      readGameTables("t.json", '[{"": 0, "0": 1}, {"": 1, "0": 3}]').map((one) => recompute(one).shapley),
    ).toEqual([[1], [2]]);
  });
});

it.each([
  ["", "holds no table"],
  ["{", "is no JSON"],
  ['{"": 0, "0": 1, "0,1": 4}', "coalition (1) of 2 players has no value"],
  ['{"": 0, "0": "much"}', "the value of (0) is no number"],
  ['{"": 0, "77": 1}', "player 77 is not one of"],
  ["q\n Features  SII\n (0,)  1\n", "no column “Attribution”"],
  ["q\n Features  Attribution\n (0,)  one\n", "the row of (0,) has a cell that is no number"],
])("refuses %j with a sentence", (text, sentence) => {
  expect(() => readGameTables("t", text)).toThrow(sentence);
});
