/** Whose label counts. */
import { expect, it } from "vitest";
import { LatentLabels } from "./latentLabels.svelte";

const SAE = { sha256: "ab", nLatents: 8 };
const GIVEN: Readonly<Record<string, Record<string, string>>> = { ab: { 3: "by rule" } };
const start = () => new LatentLabels({ labelsOf: ({ sha256 }) => GIVEN[sha256] ?? {} });

it("shows the given label until somebody writes another, and again after that is emptied", () => {
  const labels = start();
  expect(labels.of(SAE, 3)).toEqual({ text: "by rule", source: "rule" });
  labels.set(SAE, 3, " mine ");
  expect(labels.of(SAE, 3)).toEqual({ text: "mine", source: "own" });
  labels.set(SAE, 3, "");
  expect(labels.of(SAE, 3)?.source).toBe("rule");
});

it("knows how well a label fits where that was measured, and not of words of one's own", () => {
  const rule = "only where section = answer (precision 0.95, recall 0.16)";
  const labels = new LatentLabels({ labelsOf: () => ({ 3: rule }) });
  expect(labels.of(SAE, 3)?.f1).toBeCloseTo(0.274, 3);
  labels.set(SAE, 3, "answer (precision 0.95, recall 0.16)");
  expect(labels.of(SAE, 3)).not.toHaveProperty("f1");
  labels.take(SAE, new Map([[4, "b (best F1 0.91)"]]), "saved.csv");
  expect(labels.of(SAE, 4)?.f1).toBe(0.91);
});

it("does not take an unchanged given label for one's own", () => {
  const labels = start();
  labels.set(SAE, 3, "by rule");
  expect(labels.of(SAE, 3)?.source).toBe("rule");
});

it("takes labels from a file, leaves out latents that do not exist, and keeps autoencoders apart", () => {
  const labels = start();
  const found = new Map([
    [1, "one"],
    [3, "three"],
    [8, "beyond"],
  ]);
  expect(labels.take(SAE, found, "a.csv")).toBe(2);
  expect(labels.all(SAE)).toEqual([
    [1, { text: "one", source: "a.csv" }],
    [3, { text: "three", source: "a.csv" }],
  ]);
  expect(labels.all({ sha256: "cd" })).toEqual([]);
});
