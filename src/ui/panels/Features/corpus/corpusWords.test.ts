/** A corpus in words, latents by density. */
import { expect, it } from "vitest";
import type { HeldCorpus } from "../../../state/corpora.svelte";
import { corpusWords, densityHistogram, overviewRows } from "./corpusWords";

const CORPUS = {
  ...{ id: 1, name: "a.txt", saes: [1], tokensDone: 1500, tokens: 1500, tokensPerSecond: 9 },
  ...{ dead: [0], l0: [8], fvu: [0.1], contextSize: 64, addBos: true },
} satisfies HeldCorpus;

it("says what was read, and of how much", () => {
  expect(corpusWords(CORPUS)).toBe("a.txt, 1,500 tokens in contexts of 64 with BOS");
  expect(corpusWords({ ...CORPUS, tokensDone: 900, addBos: false })).toBe(
    "a.txt, 900 of 1,500 tokens in contexts of 64",
  );
});

it("counts latents by the power of ten of their density", () => {
  const data = densityHistogram({ density: Float32Array.of(0, 0.001, 0.5, 1) });
  expect(data).toMatchObject({ min: -3, max: 0 });
  expect(data?.counts.reduce((sum, count) => sum + count, 0)).toBe(3);
  expect(data?.counts.at(-1)).toBe(1);
  expect(densityHistogram({ density: Float32Array.of(0, 0) })).toBeUndefined();
  expect(densityHistogram({ density: Float32Array.of(1) })?.min).toBe(-1);
});

it("orders latents, and finds those that never are", () => {
  const overview = { density: Float32Array.of(0.1, 0, 0.4, 0.1), max: Float32Array.of(3, 0, 1, 9) };
  const ids = (order: Parameters<typeof overviewRows>[1]) =>
    overviewRows(overview, order).map(({ latent }) => latent);
  expect(ids("most often active")).toEqual([2, 0, 3]);
  expect(ids("least often active")).toEqual([0, 3, 2]);
  expect(ids("strongest")).toEqual([3, 0, 2]);
  expect(ids("never active")).toEqual([1]);
});
