/** Labels from files as people have them, and back. */
import { describe, expect, it } from "vitest";
import { parseCsv, parseLabels, writeLabelsCsv, writeLabelsJson } from "./labelFiles";

const entries = (name: string, text: string) => [...parseLabels(name, text)];

describe("Neuronpedia explanations", () => {
  const one = { modelId: "gpt2-small", layer: "8-res-jb", index: "123", description: "names of cities" };

  it("come as a list, in an object, or one a line", () => {
    const expected = [[123, "names of cities"]];
    expect(entries("a.json", JSON.stringify([one]))).toEqual(expected);
    expect(entries("a.json", JSON.stringify({ explanations: [one] }))).toEqual(expected);
    expect(entries("a.json", JSON.stringify(one))).toEqual(expected);
    const lines = `${JSON.stringify(one)}\n${JSON.stringify({ ...one, index: 4 })}\n`;
    expect(entries("a.jsonl", lines)).toEqual([...expected, [4, "names of cities"]]);
  });

  it("may stand inside a feature, and latents without one are left out", () => {
    const feature = { index: "7", explanations: [{ description: "verbs" }], pos_str: [] };
    expect(entries("f.json", JSON.stringify(feature))).toEqual([[7, "verbs"]]);
    expect(entries("f.json", JSON.stringify([feature, { index: "8", explanations: [] }]))).toEqual([
      [7, "verbs"],
    ]);
    expect(entries("f.json", JSON.stringify({ 3: "three", 12: "twelve" }))).toEqual([
      [3, "three"],
      [12, "twelve"],
    ]);
  });

  it("that are broken are refused with the file's name", () => {
    expect(() => parseLabels("x.json", "[1, 2")).toThrow(/^x\.json is no JSON/);
    expect(() => parseLabels("x.json", '{"index": "1"}\n{oops')).toThrow(/line 2 is no JSON/);
    expect(() => parseLabels("x.json", "[]")).toThrow(/holds no labels/);
  });
});

describe("CSV", () => {
  it("is read with and without a header, with quotes and commas", () => {
    expect(entries("l.csv", 'latent,label\n5,"a, ""b"""\n6,c\n')).toEqual([
      [5, 'a, "b"'],
      [6, "c"],
    ]);
    expect(entries("l.csv", "5,x\r\n6,y")).toEqual([
      [5, "x"],
      [6, "y"],
    ]);
    expect(entries("l.csv", "description,index\nfoo,3")).toEqual([[3, "foo"]]);
    expect(parseCsv('a,"b\nc"\n')).toEqual([["a", "b\nc"]]);
  });

  it("says which row is wrong", () => {
    expect(() => parseLabels("l.csv", "latent,label\n1,x\nnope,y")).toThrow(
      "l.csv: row 2: “nope” is no latent.",
    );
  });
});

it("writes what it reads", () => {
  const labels = new Map([
    [9, 'says "hi", twice'],
    [2, "two\nlines"],
  ]);
  const sorted = new Map([...labels].toSorted(([a], [b]) => a - b));
  expect(parseLabels("a.csv", writeLabelsCsv(labels))).toEqual(sorted);
  const of = { modelId: "ledger", layer: "blocks.2.resid_post", sae: "ab" };
  expect(parseLabels("a.json", writeLabelsJson(labels, of))).toEqual(sorted);
});

describe("features without words", () => {
  it("are named by the tokens that they raise (SAEDashboard)", () => {
    const file = {
      model_id: "gpt2-small",
      features: [
        {
          feature_index: 7,
          pos_str: [" Paris", " France", " Paris", ""],
          pos_values: [2, 1, 1, 0],
          frac_nonzero: 0.01,
        },
        { feature_index: 9, pos_str: [], neg_str: [] },
      ],
    };
    expect([...parseLabels("batch-0.json", JSON.stringify(file))]).toEqual([[7, "raises Paris, France"]]);
  });

  it("are named by the tokens at which they are active, numbered by their file (sae-viewer)", () => {
    const example = (tokens: string[], acts: number[]) => ({ tokens, acts, idx: 0, act: Math.max(...acts) });
    const file = {
      density: 0.001,
      top: [example(["the", " cat"], [0, 3]), example([" dog", "s"], [2, 0]), { tokens: "odd" }],
      random: [],
    };
    expect([...parseLabels("feature_123.json", JSON.stringify(file))]).toEqual([[123, "active at cat, dog"]]);
    // Whatever the file is called: then it is of the latent that was chosen.
    expect([...parseLabels("download.json", JSON.stringify(file), 7)]).toEqual([[7, "active at cat, dog"]]);
    expect(() => parseLabels("feature.json", JSON.stringify(file))).toThrow(
      "feature.json is a feature of sae-viewer and says no number: choose the latent",
    );
  });
});
