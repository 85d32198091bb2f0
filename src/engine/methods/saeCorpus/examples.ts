/** Contexts that stand for a latent, with its value at each of their tokens: worked out again when they are looked at. */
import type { Pauser } from "../../../protocol/cancel";
import type { CorpusExample, CorpusLatentRequest } from "../../../protocol/sae/features";
import { batchesOf } from "../../interp/batch/cellBatches";
import { latentValues } from "../../interp/sae/latentReads";
import { readBack } from "../../interp/pass/readBack";
import { ActivationCache } from "../../interp/activations/activationCache";
import { dictionaryOf, type Model } from "../../models/model";
import { tokensPerBatch } from "./batchSize";
import type { Contexts } from "../../interp/activations/contexts";
import type { Entry } from "./latentStats";

/** Runs the contexts of these entries again, each once. */
export async function examples(
  model: Model,
  contexts: Contexts,
  { sae: id, latent }: Omit<CorpusLatentRequest, "corpus">,
  entries: readonly Entry[],
  pauser: Pauser,
): Promise<(entry: Entry) => CorpusExample> {
  const sae = dictionaryOf(model, id);
  const { memory } = model;
  const wanted = [...new Set(entries.map(({ context }) => context))].sort((a, b) => a - b);
  const lengthOf = (context: number) => contexts.length(context);
  const limit = tokensPerBatch(model, [sae], Math.max(0, ...wanted.map(lengthOf)));
  const valuesOf = new Map<number, Float32Array>();
  for (const batch of batchesOf(wanted, lengthOf, limit)) {
    await pauser.pause();
    const texts = batch.map((context) => contexts.at(context).tokens);
    const all = texts.flat().map((_, index) => index);
    const pass = ActivationCache.ofTexts(model, texts, all, [sae.siteIn]);
    try {
      const x = await readBack(memory, (back) => back.borrowed(pass.tensor(sae.siteIn)));
      const values = await latentValues(model, sae, x(), latent);
      let first = 0;
      texts.forEach((text, n) => {
        const own = values.slice(first, first + text.length);
        text.forEach((token, at) => {
          if (!contexts.counts(token)) own[at] = 0;
        });
        valuesOf.set(batch[n] ?? 0, own);
        first += text.length;
      });
    } finally {
      pass.release();
    }
  }
  return ({ context, at, value }) => ({
    ...contexts.at(context),
    ...{ at, value },
    values: valuesOf.get(context) ?? new Float32Array(0),
  });
}
