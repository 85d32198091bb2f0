/** Pairs from files and as typed: what comes back, and what is refused with line and cure. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { looksLikePairs, pairsText, readPairsFile, readTypedPairs } from "./contrastPairs";

const CSV = 'positive,negative,prompt\n"Ann, happy",Ann sad,"How is\nAnn ?"\nup,down,\n';

describe("a file of pairs", () => {
  it("is read from CSV and JSONL alike", () => {
    const expected = [
      { positive: "Ann, happy", negative: "Ann sad", prompt: "How is\nAnn ?" },
      { positive: "up", negative: "down" },
    ];
    expect(readPairsFile("a.csv", CSV)).toEqual(expected);
    const lines = expected.map((pair) => JSON.stringify(pair)).join("\n\n");
    expect(readPairsFile("a.jsonl", `\uFEFF${lines}\n`)).toEqual(expected);
  });

  it("is told from other files by what it begins with", () => {
    expect(looksLikePairs("a.csv", CSV)).toBe(true);
    expect(looksLikePairs("a.csv", "prompt,steps\n")).toBe(false);
    expect(looksLikePairs("a.jsonl", '{"positive": "a", "negative": "b"}\n')).toBe(true);
    expect(looksLikePairs("a.jsonl", '{"prompt": "a"}\n{"positive": "a", "negative": "b"}')).toBe(false);
    expect(looksLikePairs("a.json", '{"positive": "a", "negative": "b"}')).toBe(false);
  });

  it.each([
    ["a.csv", "positive,negative\n", /^a\.csv holds no pairs: give a row for each/],
    ["a.csv", "positive,negative\nup,\n", /^a\.csv, line 2: “negative” is missing: give a text/],
    ["a.csv", 'positive,negative\n"up,down\n', /line 2: a quoted cell has no end/],
    ["a.jsonl", '{"positive": "a"', /^a\.jsonl, line 1: this is not JSON: write \{"positive"/],
    ["a.jsonl", '{"positive": 1, "negative": "b"}', /line 1: “positive” is missing/],
    ["a.jsonl", "[1]", /line 1: “positive” is missing/],
    ["a.jsonl", `{"positive": "${"x".repeat(20_001)}", "negative": "b"}`, /20001 characters; at most 20000/],
    ["a.csv", `positive,negative\n${"a,b\n".repeat(1001)}`, /holds 1001 pairs; at most 1000 are taken: keep/],
  ])("%s is refused: %#", (name, text, message) => {
    expect(() => readPairsFile(name, text)).toThrow(message);
  });
});

describe("typed pairs", () => {
  it("are a line each, with a bar or as JSON", () => {
    expect(readTypedPairs('a | b\n\n c d | e f | g\n{"positive": "x|y", "negative": "z"}')).toEqual([
      { positive: "a", negative: "b" },
      { positive: "c d", negative: "e f", prompt: "g" },
      { positive: "x|y", negative: "z" },
    ]);
  });

  it.each(["a", "a |", "| b", "a | b | c | d"])("%s is refused with its line", (line) => {
    expect(() => readTypedPairs(`x | y\n${line}`)).toThrow(/^line 2: write the positive prompt, a bar/);
  });

  it("come back as they were, whatever is in them", () => {
    const text = fc.string({ minLength: 1, maxLength: 30 }).filter((one) => one.trim() !== "");
    const pair = fc.record(
      { positive: text, negative: text, prompt: text },
      { requiredKeys: ["positive", "negative"] },
    );
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 5 }), (pairs) => {
        expect(readTypedPairs(pairsText(pairs))).toEqual(pairs);
      }),
    );
  });
});
