/** Sizes that follow from a model's config, and the cache that they make. */
import { KeyValueCache } from "../ops/keyValueCache";
import type { ModelConfig } from "./architecture";
import type { Model } from "./model";

/** How many tokens it can predict: those that it reads, where it does not say otherwise. */
export function vocabOut({ dVocab, dVocabOut = dVocab }: Pick<ModelConfig, "dVocab" | "dVocabOut">): number {
  return dVocabOut;
}

/** Bytes of the keys and values of one token, all layers. */
export function cacheBytesPerToken({
  nLayers,
  nKvHeads,
  dHead,
}: Pick<ModelConfig, "nLayers" | "nKvHeads" | "dHead">): number {
  return 2 * 4 * nLayers * nKvHeads * dHead;
}

/** A cache with room for so many tokens; the caller frees it. */
export function makeCache(
  { config, memory }: Pick<Model, "config" | "memory">,
  tokens: number,
): KeyValueCache {
  return new KeyValueCache(memory, config.nLayers, tokens, config.nKvHeads * config.dHead);
}
