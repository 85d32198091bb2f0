/**
 * Attached autoencoders over a whole corpus, in one pass for all of them (statistics and examples as in the viewers of Gao et
 * al. 2024, arXiv 2406.04093, and Bricken et al. 2023, transformer-circuits.pub; density, moments, interval sampling).
 *
 *   1. documents are cut into contexts; each is read on its own, BOS before it if asked for. BOS itself counts nowhere
 *   2. contexts go through the model in batches; the sites that autoencoders read and write stay on the device, are encoded
 *      there, and only lists of active latents come back, with sums for the variance that is left
 *   3. of every latent: how often, how strongly, where most, and a few places of every strength (latentStats.ts)
 *   4. an example is a context; its values are worked out again when it is looked at: nothing else is kept of it
 *
 * A pass that is stopped keeps what it has seen, and goes on there when it is run again. What it remembers does not depend on
 * batches, except for rounding: kernels for few and for many rows add in different orders.
 */
import type { Pauser } from "../../../protocol/cancel";
import type { CorpusLatentRequest, CorpusLatentResult, CorpusOverview } from "../../../protocol/sae/features";
import { checkLatent } from "../../models/checks";
import type { Model } from "../../models/model";
import { CorpusStats } from "./corpusStats";
import { examples } from "./examples";

export { CorpusStats };

const HISTOGRAM_BINS = 20;
const INTERVALS = 10;
const SAMPLES_PER_INTERVAL = 3;

export function corpusOverview(corpus: CorpusStats, sae: number): CorpusOverview {
  const { stats } = corpus.of(sae);
  const tokens = Math.max(1, corpus.tokensDone);
  const ofEach = (of: (latent: number) => number) =>
    Float32Array.from({ length: stats.nLatents }, (_, latent) => of(latent));
  return {
    density: ofEach((latent) => stats.count(latent) / tokens),
    max: ofEach((latent) => stats.max(latent)),
  };
}

/** The numbers are at hand; the contexts of its examples go through the model again. */
export async function corpusLatent(
  model: Model,
  corpus: CorpusStats,
  { sae, latent }: Omit<CorpusLatentRequest, "corpus">,
  pauser: Pauser,
): Promise<CorpusLatentResult> {
  const { stats } = corpus.of(sae);
  checkLatent(latent, stats.nLatents);
  const tokens = corpus.tokensDone;
  const active = stats.count(latent);
  const max = stats.max(latent);
  const [mean = 0, meanSquare = 0, cube = 0, fourth = 0] = ([1, 2, 3, 4] as const).map(
    (power) => stats.sum(latent, power) / tokens,
  );
  const top = stats.top(latent);
  const intervals = Array.from({ length: INTERVALS }, (_, i) => {
    const [from, to] = [(max * (INTERVALS - 1 - i)) / INTERVALS, (max * (INTERVALS - i)) / INTERVALS];
    return { from, to, entries: stats.sampled(latent, from, to, SAMPLES_PER_INTERVAL) };
  });
  const exampleOf = await examples(
    model,
    corpus.contexts,
    { sae, latent },
    [top, ...intervals.map(({ entries }) => entries)].flat(),
    pauser,
  );
  return {
    ...{ active, tokens, mean, meanSquare, max },
    density: active / tokens,
    skew: cube / meanSquare ** 1.5,
    kurtosis: fourth / meanSquare ** 2,
    histogram: stats.histogram(latent, HISTOGRAM_BINS),
    top: top.map(exampleOf),
    sampled: intervals.map(({ from, to, entries }) => ({ from, to, examples: entries.map(exampleOf) })),
  };
}
