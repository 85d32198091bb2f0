/** What a pass over a corpus must have seen, on any device: against every latent of every token, kept in plain arrays. */
import { expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { CorpusRequest } from "../../../protocol/sae/features";
import { randomBelow } from "../../../random/lcg";
import { attachRandom, type RandomSae } from "../../interp/sae/attachRandom.samples";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import { slowPass, type PlainSae } from "../../ops/sae.samples";
import { CorpusStats, corpusLatent, corpusOverview } from "./saeCorpus";

export const BOS = 0;
/** Reading and writing other sites, and codes of any length. */
export const READ: readonly RandomSae[] = [
  { kind: "topk", siteIn: "blocks.0.resid_post", options: { input: { scheme: "layerNorm", eps: 1e-5 } } },
  { kind: "relu", siteIn: "blocks.1.resid_post", nLatents: 700 },
  {
    kind: "jumprelu",
    ...{ siteIn: "blocks.1.ln2.normalized", siteOut: "blocks.1.mlp_out" },
    options: { skip: true },
  },
];

/** Documents of random tokens, BOS now and then within them. */
export function documentsOf(count: number, vocabulary = 13): number[][] {
  const draw = randomBelow(7);
  return Array.from({ length: count }, () => Array.from({ length: draw(30) }, () => draw(vocabulary)));
}

export function requestOf(documents: readonly (readonly number[])[], saes: readonly number[]): CorpusRequest {
  return { saes, name: "noise", documents, contextSize: 11, addBos: true, seed: 5 };
}

/** The contexts, with the latents of every token and what of it is left: [context][position][latent]. */
async function everything(model: Model, plain: PlainSae, asked: RandomSae, documents: number[][]) {
  const { siteIn, siteOut = siteIn } = asked;
  const contexts = documents.flatMap((tokens, document) => {
    const own = tokens[0] === BOS ? tokens.slice(1) : tokens;
    const parts = Array.from({ length: Math.ceil(own.length / 10) }, (_, i) =>
      own.slice(10 * i, 10 * i + 10),
    );
    const some = parts.filter((part) => part.some((token) => token !== BOS));
    return some.map((part) => ({ document, tokens: [BOS, ...part] }));
  });
  const sites = [...new Set([siteIn, siteOut])];
  const { captures } = await run(model, { rows: contexts, capture: sites });
  const at = (row: number, site: string, position: number, width: number) => {
    const { data } = captures.find((one) => one.row === row && one.site === site)!;
    return [...data.subarray(position * width, (position + 1) * width)];
  };
  return contexts.map(({ document, tokens }, row) => ({
    document,
    tokens,
    rows: tokens.map((token, position) => {
      const { latents, y } = slowPass(plain, at(row, siteIn, position, plain.dIn));
      return { counts: token !== BOS, latents, y, x: at(row, siteOut, position, plain.dOut) };
    }),
  }));
}

const close = (actual: number, expected: number, tolerance = 1e-4) =>
  expect(Math.abs(actual - expected) / (1 + Math.abs(expected))).toBeLessThan(tolerance);
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

export function corpusTests(open: () => Model, count = 60, read = READ): void {
  it("remembers of several autoencoders what plain loops over all values find", async () => {
    const model = open();
    const documents = documentsOf(count);
    const plains = read.map((asked, i) => attachRandom(model, i + 1, asked));
    const saes = plains.map((_, i) => i + 1);
    const corpus = new CorpusStats(4, model, requestOf(documents, saes), BOS);
    const info = await corpus.run(model, NEVER_CANCELLED);
    expect(corpus.isDone).toBe(true);
    expect(info).toMatchObject({ id: 4, name: "noise", saes });

    for (const [n, asked] of read.entries()) {
      const plain = plains[n]!;
      const contexts = await everything(model, plain, asked, documents);
      const rows = contexts.flatMap((context) => context.rows).filter(({ counts }) => counts);
      expect([info.tokens, info.tokensDone]).toEqual([rows.length, rows.length]);
      close(info.l0[n]!, sum(rows.map(({ latents }) => latents.filter((z) => z > 0).length)) / rows.length);
      const mean = rows[0]!.x.map((_, i) => sum(rows.map(({ x }) => x[i]!)) / rows.length);
      const squares = (x: readonly number[], y: readonly number[]) =>
        sum(x.map((value, i) => (value - y[i]!) ** 2));
      close(
        info.fvu[n]!,
        sum(rows.map(({ x, y }) => squares(x, y))) / sum(rows.map(({ x }) => squares(x, mean))),
      );
      const peaks = plain.threshold.map((_, l) => Math.max(...rows.map(({ latents }) => latents[l]!)));
      expect(info.dead[n]).toBe(peaks.filter((peak) => peak <= 1e-3).length);
      const overview = corpusOverview(corpus, n + 1);
      peaks.forEach((peak, latent) => close(overview.max[latent]!, peak));

      for (const latent of [3, 17, peaks.indexOf(Math.max(...peaks))]) {
        const found = await corpusLatent(model, corpus, { sae: n + 1, latent }, NEVER_CANCELLED);
        const values = rows.map(({ latents }) => latents[latent]!);
        const moment = (power: number) => sum(values.map((value) => value ** power)) / values.length;
        const active = values.filter((value) => value > 0).length;
        expect([found.active, found.tokens]).toEqual([active, rows.length]);
        expect(found.density).toBe(active / rows.length);
        expect(overview.density[latent]).toBe(Math.fround(found.density));
        close(found.mean, moment(1));
        close(found.meanSquare, moment(2));
        close(found.max, peaks[latent]!);
        expect(sum(found.histogram)).toBe(active);
        if (active === 0) continue;
        close(found.skew, moment(3) / moment(2) ** 1.5);
        close(found.kurtosis, moment(4) / moment(2) ** 2);

        const best = contexts.map((context) =>
          Math.max(...context.rows.map(({ counts, latents }) => (counts ? latents[latent]! : 0))),
        );
        const sorted = best.filter((value) => value > 0).sort((a, b) => b - a);
        expect(found.top).toHaveLength(Math.min(20, sorted.length));
        found.top.forEach(({ value }, i) => close(value, sorted[i]!));
        const shown = [...found.top, ...found.sampled.flatMap(({ examples }) => examples)];
        for (const { document, tokens, values: own, at, value } of shown) {
          const context = contexts.find(
            (one) => one.document === document && String(one.tokens) === String(tokens),
          )!;
          own.forEach((z, position) => {
            const { counts, latents } = context.rows[position]!;
            close(z, counts ? latents[latent]! : 0);
          });
          close(own[at]!, value);
          close(Math.max(...own), value);
        }
        expect(found.sampled).toHaveLength(10);
        found.sampled.forEach(({ from, to, examples }, i) => {
          close(from, (found.max * (9 - i)) / 10);
          close(to, (found.max * (10 - i)) / 10);
          expect(examples.length).toBeLessThanOrEqual(3);
          for (const { value } of examples) expect(value > from && value <= to).toBe(true);
        });
        expect(found.sampled[0]!.examples.length).toBeGreaterThan(0);
      }
    }
  });
}
