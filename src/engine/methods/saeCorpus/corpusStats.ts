/** A corpus, and what a pass over it has seen so far: statistics of every latent, and how well activations are reconstructed. */
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import { NO_LATENT, type CorpusInfo, type CorpusRequest } from "../../../protocol/sae/features";
import { showNowAndThen } from "../../../protocol/progress";
import { batchesOf } from "../../interp/batch/cellBatches";
import { ActivationCache } from "../../interp/activations/activationCache";
import { checkIds } from "../../models/checks";
import { dictionaryOf, type Model } from "../../models/model";
import { tokensPerBatch } from "./batchSize";
import { Contexts } from "../../interp/activations/contexts";
import { LatentStats } from "./latentStats";
import { originOf, readBatch, Widths, type CodedRows } from "./readBatch";
import { Unexplained } from "./unexplained";

/** Values up to this count as not active, for dead latents only (openai/sparse_autoencoder). */
const DEAD_BELOW = 1e-3;
const PROGRESS_MS = 100;

interface SaePass {
  readonly stats: LatentStats;
  quality: Unexplained | undefined;
  /** Of a cross-layer transcoder, whose reconstruction is not its own. */
  readonly isPart: boolean;
  active: number;
}

/** A corpus and what was seen of it; lives in the engine. */
export class CorpusStats {
  readonly contexts: Contexts;
  readonly #asked: Pick<CorpusRequest, "name" | "contextSize" | "saes">;
  readonly #saes: ReadonlyMap<number, SaePass>;
  readonly #widths = new Widths();
  #next = 0;
  #tokensDone = 0;
  #elapsedMs = 0;
  #isRunning = false;

  /** Checks everything; reads nothing. `bosId`: the model's, if it has one. */
  constructor(
    private readonly id: number,
    model: Model,
    { documents, name, contextSize, addBos, saes, seed }: CorpusRequest,
    bosId: number | undefined,
  ) {
    if (contextSize > model.config.nCtx) {
      refuse(
        `Contexts of ${contextSize} tokens were asked; this model reads ${model.config.nCtx}. Choose shorter ones.`,
      );
    }
    if (saes.length === 0) refuse("No autoencoder was named; name at least one.");
    if (new Set(saes).size < saes.length) refuse("An autoencoder was named twice; name each once.");
    for (const tokens of documents) checkIds(tokens, model.config.dVocab);
    this.contexts = new Contexts(documents, contextSize, addBos ? bosId : undefined, bosId);
    if (this.contexts.count === 0) refuse(`${name} has no tokens; give it some text.`);
    // Not the request: its documents are as large as all that is remembered.
    this.#asked = { name, contextSize, saes };
    this.#saes = new Map(
      saes.map((sae) => {
        const { weights, writes } = dictionaryOf(model, sae);
        const [nLatents] = weights.encoder.shape;
        const stats = new LatentStats(nLatents, seed);
        return [sae, { stats, quality: undefined, isPart: writes !== undefined, active: 0 }];
      }),
    );
  }

  get isDone(): boolean {
    return this.#next === this.contexts.count;
  }

  /** Of all tokens so far; a NaN where there are none yet. */
  info(): CorpusInfo {
    const passes = this.#asked.saes.map((sae) => this.of(sae));
    return {
      ...{ id: this.id, name: this.#asked.name, saes: this.#asked.saes },
      tokensDone: this.#tokensDone,
      tokens: this.contexts.countedTokens,
      tokensPerSecond: this.#elapsedMs > 0 ? (1000 * this.#tokensDone) / this.#elapsedMs : 0,
      dead: passes.map(({ stats }) => deadOf(stats)),
      l0: passes.map(({ active }) => active / this.#tokensDone),
      fvu: passes.map(({ quality, isPart }) => (isPart ? NaN : (quality?.fvu ?? NaN))),
    };
  }

  get tokensDone(): number {
    return this.#tokensDone;
  }

  of(sae: number): SaePass {
    const found = this.#saes.get(sae);
    if (found) return found;
    return refuse(`${this.#asked.name} was not read with autoencoder ${sae}; run it again with that one.`);
  }

  /** From the first context that was not read yet; stops with Cancelled, keeping what is there. */
  async run(model: Model, pauser: Pauser, onProgress?: (partial: CorpusInfo) => void): Promise<CorpusInfo> {
    if (this.#isRunning) refuse(`${this.#asked.name} is being read already; wait, or stop it.`);
    this.#isRunning = true;
    const showMore = showNowAndThen(onProgress, () => this.info(), PROGRESS_MS);
    try {
      const saes = this.#asked.saes.map((sae) => dictionaryOf(model, sae));
      const limit = tokensPerBatch(model, saes, this.#asked.contextSize);
      while (!this.isDone) {
        await pauser.pause();
        const started = performance.now();
        await this.#readNext(model, limit);
        this.#elapsedMs += performance.now() - started;
        showMore();
      }
      return this.info();
    } catch (error) {
      onProgress?.(this.info());
      throw error;
    } finally {
      this.#isRunning = false;
    }
  }

  /** One batch; nothing is remembered of it before all of it was read. */
  async #readNext(model: Model, limit: number): Promise<void> {
    const { contexts } = this;
    const { saes: numbers } = this.#asked;
    const some = Math.min(contexts.count - this.#next, Math.max(1, limit));
    const ahead = Array.from({ length: some }, (_, n) => this.#next + n);
    const [batch = []] = batchesOf(ahead, (context) => contexts.length(context), limit);
    const texts = batch.map((context) => contexts.at(context).tokens);
    const places = texts.flatMap((text, n) =>
      text.flatMap((token, at) => (contexts.counts(token) ? [{ context: batch[n] ?? 0, at }] : [])),
    );
    const ids = texts.flat();
    const kept = ids.flatMap((token, index) => (contexts.counts(token) ? [index] : []));
    const saes = numbers.map((sae) => dictionaryOf(model, sae));
    const sites = new Set(saes.flatMap(({ siteIn, siteOut }) => [siteIn, siteOut]));
    const pass = ActivationCache.ofTexts(model, texts, kept, [...sites]);
    const coded: CodedRows[][] = [];
    try {
      for (const [n, sae] of saes.entries()) {
        const own = this.of(numbers[n] ?? 0);
        own.quality ??= new Unexplained(await originOf(model, sae, pass, kept.length));
        coded.push(await readBatch(model, sae, pass, kept.length, own.quality, this.#widths));
      }
    } finally {
      pass.release();
    }
    coded.forEach((rows, n) => remember(this.of(numbers[n] ?? 0), rows, places));
    this.#next += batch.length;
    this.#tokensDone += kept.length;
  }
}

function deadOf(stats: LatentStats): number {
  let dead = 0;
  for (let latent = 0; latent < stats.nLatents; latent++) dead += stats.max(latent) > DEAD_BELOW ? 0 : 1;
  return dead;
}

/** Adds what was read of a batch; `places` says of each row which context it is from, and where. */
function remember(
  own: SaePass,
  coded: readonly CodedRows[],
  places: readonly { readonly context: number; readonly at: number }[],
): void {
  let row = 0;
  for (const { count, ids, values, width, errors, deviations, sums } of coded) {
    own.quality?.add(errors, deviations, sums);
    for (let i = 0; i < count; i++, row++) {
      const { context = 0, at = 0 } = places[row] ?? {};
      for (let slot = i * width; slot < (i + 1) * width; slot++) {
        const latent = ids[slot] ?? NO_LATENT;
        const value = values[slot] ?? 0;
        if (latent === NO_LATENT || !(value > 0 && value < Infinity)) continue;
        own.active++;
        own.stats.add(latent, value, at);
      }
      if (places[row + 1]?.context !== context) own.stats.endContext(context);
    }
  }
}
