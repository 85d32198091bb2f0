/**
 * Many short texts through the blocks at once, without edits: chosen sites of chosen tokens stay on the device, for methods
 * that make something smaller of them there. Layers behind the last of these sites are not computed, nor are logits, and
 * nothing is read back.
 */
import { siteLayer, type Site } from "../../../protocol/sites";
import type { Tensor } from "../../device/tensor";
import type { Model } from "../../models/model";
import { KeyValueCache } from "../../ops/keyValueCache";
import { EMPTY_CONTEXT } from "../batch/rowContext";
import { checkTokens } from "../pass/run";
import { RunTaps } from "../edits/runTaps";
import { packBatch, uploadBatch } from "../batch/tokenBatch";

export class SitePass {
  readonly #tensors: ReadonlyMap<Site, Tensor>;

  /**
   * Records the pass. `kept`: which of all tokens, one text behind the other, are kept; `sites` must be whole tensors of one
   * row a token.
   */
  constructor(
    private readonly model: Model,
    texts: readonly (readonly number[])[],
    kept: readonly number[],
    sites: readonly Site[],
  ) {
    const { memory, architecture, weights } = model;
    const nLayers = 1 + Math.max(-1, ...sites.map((site) => siteLayer(site) ?? -1));
    const config = { ...model.config, nLayers };
    const segments = texts.map((tokens) => ({ context: EMPTY_CONTEXT, tokens }));
    checkTokens(segments, config.dVocab);
    const count = texts.reduce((sum, { length }) => sum + length, 0);
    const cache = new KeyValueCache(memory, config.nLayers, count, config.nKvHeads * config.dHead);
    try {
      const packed = packBatch(segments, cache, config);
      let taps: RunTaps | undefined;
      memory.scope(() => {
        const batch = uploadBatch(packed, cache, memory, config.nCtx);
        const rows = memory.from(Uint32Array.from(kept), [kept.length], "kept tokens");
        taps = new RunTaps(new Set(sites), memory, new Map(), rows);
        architecture.blocks({ config, weights, memory, taps }, batch);
      });
      if (!taps) throw new Error("the pass was not recorded");
      this.#tensors = taps.bySite();
    } finally {
      cache.release();
    }
  }

  /** [kept, width]. */
  tensor(site: Site): Tensor {
    const tensor = this.#tensors.get(site);
    if (tensor === undefined) throw new Error(`${site} was not kept`);
    return tensor;
  }

  release(): void {
    for (const tensor of new Set(this.#tensors.values())) this.model.memory.release(tensor);
  }
}
