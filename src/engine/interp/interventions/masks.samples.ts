/**
 * Masks and scores by position against a slow plain softmax, on any model: the same checks run on the CPU device and on
 * WebGPU, on every recorded architecture.
 */
import { expect } from "vitest";
import type { AttentionPairs } from "../../../protocol/interventions";
import { blockSite, siteLayer } from "../../../protocol/sites";

import type { Model } from "../../models/model";
import { siteColumns } from "../../models/siteShape";
import { capturesOf, logitsOf, stack, worst, type Draft } from "./identities.samples";

type Check = (model: Model, tokens: readonly number[]) => Promise<void>;
export const MASK_CHECKS: { readonly name: string; readonly check: Check }[] = [];
const check = (name: string, run: Check) => void MASK_CHECKS.push({ name, check: run });

/** Query 3 does not see 0 to 2, query 1 sees nothing, no query from 4 on sees itself. */
const PAIRS: readonly AttentionPairs[] = [
  { queries: [3], keys: [0, 1, 2] },
  { queries: [1] },
  { queries: { from: 4 }, keys: "self" },
];
const hides = (query: number, key: number) =>
  (query === 3 && key < 3) || query === 1 || (query >= 4 && key === query);

const causal = (tokens: readonly number[]): AttentionPairs[] =>
  tokens.map((_, query) => ({ queries: [query], keys: Array.from({ length: query + 1 }, (_k, key) => key) }));

const sitesOfLayers = ({ config }: Model) =>
  Array.from({ length: config.nLayers }, (_, layer) => ({
    scores: blockSite(layer, "attn.scores"),
    pattern: blockSite(layer, "attn.pattern"),
    z: blockSite(layer, "attn.z"),
    v: blockSite(layer, "attn.v"),
  }));

/** softmax of one row in f64; a row of -∞ alone is zeros. */
function plainSoftmax(scores: readonly number[]): number[] {
  const highest = Math.max(...scores);
  if (highest === -Infinity) return scores.map(() => 0);
  const weights = scores.map((score) => Math.exp(score - highest));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** Every layer's pattern is the softmax of its scores, and z the mix of its values; `see` checks each score. */
async function equalsPlain(
  model: Model,
  tokens: readonly number[],
  edit: Draft,
  see: (score: number, layer: number, head: number, query: number, key: number) => void,
) {
  const layers = sitesOfLayers(model);
  const found = await capturesOf(
    model,
    tokens,
    stack(edit),
    layers.flatMap(({ scores, pattern, z, v }) => [scores, pattern, z, v]),
  );
  const { nHeads, dHead } = model.config;
  const n = tokens.length;
  for (const sites of layers) {
    const layer = siteLayer(sites.scores) ?? 0;
    const data = (site: string) => found.get(site)!.data;
    const [scores, pattern, z, v] = [data(sites.scores), data(sites.pattern), data(sites.z), data(sites.v)];
    const { heads: kvHeads } = siteColumns(model.config, sites.v);
    for (let head = 0; head < nHeads; head++) {
      const kv = Math.floor((head * kvHeads) / nHeads);
      for (let query = 0; query < n; query++) {
        const at = (head * n + query) * n;
        const row = [...scores.slice(at, at + n)];
        row.forEach((score, key) => see(score, layer, head, query, key));
        const plain = plainSoftmax(row);
        plain.forEach((weight, key) =>
          expect(pattern[at + key]!, `${sites.pattern} ${query}, ${key}`).toBeCloseTo(weight, 5),
        );
        for (let d = 0; d < dHead; d++) {
          const mixed = plain.reduce(
            (sum, weight, key) => sum + weight * v[(key * kvHeads + kv) * dHead + d]!,
            0,
          );
          expect(Math.abs(z[(query * nHeads + head) * dHead + d]! - mixed)).toBeLessThan(
            1e-4 * (1 + Math.abs(mixed)),
          );
        }
      }
    }
  }
}

/** Scores without edits: layers may have windows of their own, out of which nothing is seen. */
async function scoresOf(model: Model, tokens: readonly number[]) {
  const sites = sitesOfLayers(model).map(({ scores }) => scores);
  const found = await capturesOf(model, tokens, [], sites);
  const n = tokens.length;
  return (layer: number, head: number, query: number, key: number) =>
    found.get(blockSite(layer, "attn.scores"))!.data[(head * n + query) * n + key]!;
}

check("equals a plain softmax under a mask, with rows that see nothing as zeros", async (model, tokens) => {
  const before = await scoresOf(model, tokens);
  const edit: Draft = { kind: "mask", pairs: PAIRS, op: "hide", empty: "zeros" };
  await equalsPlain(model, tokens, edit, (score, layer, head, query, key) => {
    const was = before(layer, head, query, key);
    if (hides(query, key) || was === -Infinity) expect(score).toBe(-Infinity);
    else if (layer === 0) expect(score).toBeCloseTo(was, 4);
    else expect(score).toBeGreaterThan(-1e9);
  });
});

check("equals a plain softmax with scores set and raised at chosen pairs", async (model, tokens) => {
  const before = await scoresOf(model, tokens);
  for (const op of ["set", "add"] as const) {
    const edit: Draft = {
      kind: "score",
      heads: [1],
      pairs: [{ queries: [2, 3], keys: [1] }],
      op,
      value: 2.5,
    };
    await equalsPlain(model, tokens, edit, (score, layer, head, query, key) => {
      const was = before(layer, head, query, key);
      const isChosen = head === 1 && (query === 2 || query === 3) && key === 1 && was !== -Infinity;
      if (isChosen && op === "set") expect(score).toBeCloseTo(2.5, 6);
      else if (layer === 0 && was !== -Infinity) expect(score).toBeCloseTo(was + (isChosen ? 2.5 : 0), 4);
    });
  }
});

check("is itself under the causal mask given explicitly", async (model, tokens) => {
  const base = await logitsOf(model, tokens);
  const only: Draft = { kind: "mask", pairs: causal(tokens), op: "only", empty: "zeros" };
  expect(worst(await logitsOf(model, tokens, stack(only)), base)).toBeLessThan(1e-4);
  const future = tokens.map((_, query) => ({ queries: [query], keys: { from: query + 1 } }));
  const hide: Draft = { kind: "mask", pairs: future, op: "hide", empty: "zeros" };
  expect(worst(await logitsOf(model, tokens, stack(hide)), base)).toBeLessThan(1e-4);
});

check("is a knock-out where a mask hides the same keys", async (model, tokens) => {
  const mask: Draft = {
    kind: "mask",
    heads: [0],
    pairs: [{ queries: { from: 3 }, keys: [0, 2] }],
    op: "hide",
    empty: "zeros",
  };
  const knocked: Draft = { kind: "knockOut", heads: [0], queries: { from: 3 }, keys: [0, 2] };
  expect(
    worst(await logitsOf(model, tokens, stack(mask)), await logitsOf(model, tokens, stack(knocked))),
  ).toBe(0);
});

check("joins what several masks hide, and shows again what a set score shows", async (model, tokens) => {
  const [first] = sitesOfLayers(model);
  const { pattern } = first!;
  const n = tokens.length;
  const row = async (...edits: Draft[]) => [
    ...(await capturesOf(model, tokens, stack(...edits), [pattern]))
      .get(pattern)!
      .data.slice(2 * n, 2 * n + 3),
  ];
  const hide = (keys: AttentionPairs["keys"], empty: "zeros" | "uniform" = "zeros"): Draft => ({
    ...{ kind: "mask", pairs: [{ queries: [2], ...(keys && { keys }) }], op: "hide", empty },
  });
  expect(await row(hide([0, 1]), hide("self"))).toEqual([0, 0, 0]);
  expect(await row({ kind: "knockOut", queries: [2] }, hide("self"))).toEqual([0, 0, 0]);
  (await row(hide(undefined, "uniform"))).forEach((weight) => expect(weight).toBeCloseTo(1 / 3, 6));
  const shown: Draft = { kind: "score", pairs: [{ queries: [2], keys: [1] }], op: "set", value: 0 };
  expect(await row(hide(undefined), shown)).toEqual([0, 1, 0]);
});
