/** Matrices, numbers of heads and lines, worked by hand. */
import { describe, expect, it } from "vitest";
import { headStats, statsDifference } from "./headStats";
import { lineWindow, linesOf, linesSvg, WINDOW } from "./lines";
import { addTo, kvHeadOf, minus, rowSums, strongestKeys, valueNorms, visible, weighted } from "./maps";
import { cardDomain, glanceSvg, glanceTable, largest, mapDomain, mapTable, scaleKind } from "./view";

const f = (...values: number[]) => Float32Array.from(values);
/** Three tokens; each row sums to 1. */
const PATTERN = f(1, NaN, NaN, 0.25, 0.75, NaN, 0.5, 0.25, 0.25);

describe("maps", () => {
  it("leaves out what a query cannot see", () => {
    expect(visible(f(1, 9, -Infinity, 2), 2)).toEqual(f(1, NaN, NaN, 2));
    expect(rowSums(PATTERN, 3)).toEqual(f(1, 1, 1));
  });

  it("weighs by the norm of the value that the head reads", () => {
    // [pos 2, kvHead 2, dHead 2]
    const norms = valueNorms(f(3, 4, 1, 0, 0, 0, 0, 2), [2, 2, 2]);
    expect(norms).toEqual([f(5, 0), f(1, 2)]);
    expect(weighted(f(1, NaN, 0.5, 0.5), f(1, 2))).toEqual(f(1, NaN, 0.5, 1));
    expect([0, 1, 2, 3].map((head) => kvHeadOf(head, 4, 2))).toEqual([0, 0, 1, 1]);
  });

  it("averages and subtracts cell by cell", () => {
    const sum = addTo(addTo(undefined, f(1, NaN), 0.5), f(3, NaN), 0.5);
    expect(sum).toEqual(f(2, NaN));
    expect(minus(f(1, NaN), f(3, NaN))).toEqual(f(-2, NaN));
  });

  it("finds the keys that a query looks at most, by size", () => {
    expect(strongestKeys(f(0, NaN, -2, 1), 2, 1, 1)).toEqual([{ key: 0, value: -2 }]);
    expect(strongestKeys(PATTERN, 3, 2, 3).map(({ key }) => key)).toEqual([0, 1, 2]);
  });
});

describe("numbers of a head", () => {
  it("are means over queries from the second on", () => {
    const stats = headStats(PATTERN, [5, 6, 7]);
    expect(stats.previous).toBeCloseTo((0.25 + 0.25) / 2);
    expect(stats.first).toBeCloseTo((0.25 + 0.5) / 2);
    expect(stats.self).toBeCloseTo((0.75 + 0.25) / 2);
    expect([stats.induction, stats.repeats]).toEqual([NaN, 0]);
    const entropy = (...p: number[]) => -p.reduce((sum, x) => sum + x * Math.log(x), 0);
    expect(stats.entropy).toBeCloseTo((entropy(0.25, 0.75) + entropy(0.5, 0.25, 0.25)) / 2);
  });

  it("find an induction head on a text that repeats", () => {
    const ids = [1, 2, 3, 1, 2, 3];
    const n = ids.length;
    const pattern = new Float32Array(n * n);
    // Queries 3 to 5 look at what followed their token three positions earlier.
    for (let q = 0; q < n; q++) pattern[q * n + (q < 3 ? q : q - 2)] = 1;
    const stats = headStats(pattern, ids);
    expect(stats).toMatchObject({ induction: 1, repeats: 3, previous: 0 });
    // A token right after itself has no other token that followed it.
    expect(headStats(f(1, 0, 0, 1), [4, 4]).repeats).toBe(0);
    expect(statsDifference(stats, headStats(new Float32Array(n * n), ids)).induction).toBe(1);
  });
});

const card = (layer: number, head: number, values: Float32Array, previous: number) => ({
  ...{ layer, head, rows: 2, cols: 2, values },
  stats: { previous, first: 0, self: 0, induction: NaN, entropy: 1, repeats: 0 },
});
const CARDS = [card(0, 0, f(1, NaN, 0.5, 0.5), 0.2), card(0, 1, f(3, NaN, 0, 2), 0.9)];

describe("figures", () => {
  it("draw weights from 0 to 1, the rest as far as it goes", () => {
    expect(mapDomain(f(0.2, 0.4), { measure: "pattern", side: "now" }, false)).toEqual([0, 1]);
    expect(mapDomain(f(1, NaN, 0.25, 0.5), { measure: "pattern", side: "now" }, true)).toEqual([0, 0.5]);
    expect(mapDomain(f(0.2, 0.4), { measure: "valueWeighted", side: "now" }, false)[0]).toBe(0);
    expect(scaleKind({ measure: "pattern", side: "difference" })).toBe("signed");
    expect(cardDomain({ cards: CARDS, measure: "valueWeighted", side: "now" }, false)).toEqual([0, 3]);
  });

  it("mark the largest of a column, and list every head", () => {
    expect(largest(CARDS, "now")).toMatchObject({ previous: 1, first: 0 });
    expect(glanceTable({ cards: CARDS, side: "now" }).rows.map((row) => row.slice(0, 3))).toEqual([
      [0, 0, 0.2],
      [0, 1, 0.9],
    ]);
  });

  it("put every cell into the table, of long prompts one query's", () => {
    const small = mapTable({ values: PATTERN, tokens: ["a", "b", "c"] }, 0);
    expect(small.rows).toHaveLength(6);
    expect(small.rows[1]).toEqual([1, "b", 0, "a", 0.25]);
    const n = 300;
    const long = mapTable({ values: new Float32Array(n * n), tokens: new Array<string>(n).fill("x") }, 7);
    expect(long.rows.map(([query]) => query)).toEqual(new Array(8).fill(7));
  });

  it("are whole files with their caption", () => {
    const answer = {
      ...{ cards: CARDS, layers: [0], layersDone: 1, prompt: { tokens: [1, 2] } },
      ...({ measure: "pattern", side: "now" } as const),
    };
    const heads = glanceSvg(answer, [0, 1], "Heads", "model x");
    expect(heads).toContain(">0.1</text>");
    expect(heads).toContain("queries down");
    const lines = linesOf(PATTERN, 3, [0, 3], 1);
    expect(lines.at(-1)).toMatchObject({ query: 0, key: 0 });
    const figure = { tokens: ["a", "<b>", "c"], first: 0, end: 3, query: 2, lines };
    const svg = linesSvg(figure, "Lines", "model x");
    expect(svg.match(/<line /g)).toHaveLength(6);
    expect(svg).not.toContain("<b>");
  });

  it("keep the chosen query in the window of lines", () => {
    expect(lineWindow(0, 10)).toEqual([0, 10]);
    const [first, end] = lineWindow(500, 2000);
    expect([end - first, first <= 500 && 500 < end]).toEqual([WINDOW, true]);
    expect(lineWindow(1999, 2000)[1]).toBe(2000);
  });
});
