/**
 * Activations of a corpus as rows to learn from, in an order that only the seed decides:
 *
 *   1. the contexts of an epoch in random order, read in batches; BOS is never a row
 *   2. a block of rows from contexts that follow each other is shuffled as a whole, and then used up
 *   3. behind the last context the next epoch begins, in another order
 *
 * What comes next depends on where the block began and how many rows of it were taken, and on nothing else: a run that goes
 * on after a reload reads the block again and sees the same rows.
 */
import type { Pauser } from "../../../protocol/cancel";
import type { Site } from "../../../protocol/sites";
import { Draws } from "../../../random/draws";
import { seedAt } from "../../../random/seedAt";
import { ActivationCache } from "../../interp/activations/activationCache";
import type { Contexts } from "../../interp/activations/contexts";
import { batchesOf, batchTokens, CORPUS_MULTIPLICATIONS } from "../../interp/batch/cellBatches";
import { joinFloats } from "../../interp/batch/joinFloats";
import { readBack } from "../../interp/pass/readBack";
import type { Model } from "../../models/model";

/** Where a block began, and how many rows of it were taken. */
export interface RowsPlace {
  readonly epoch: number;
  /** Of the epoch's order. */
  readonly context: number;
  readonly taken: number;
}

/** Rows of each site, f32 [count, width]. */
export type SiteRows = ReadonlyMap<Site, Float32Array<ArrayBuffer>>;

interface Block {
  readonly rows: SiteRows;
  readonly order: readonly number[];
  /** Where the next block begins. */
  readonly next: Omit<RowsPlace, "taken">;
}

export class ActivationRows {
  #block: Block | undefined;
  #place: RowsPlace;

  constructor(
    private readonly contexts: Contexts,
    private readonly sites: readonly Site[],
    private readonly settings: { readonly blockRows: number; readonly seed: number },
    place: RowsPlace = { epoch: 0, context: 0, taken: 0 },
  ) {
    this.#place = place;
  }

  get place(): RowsPlace {
    return this.#place;
  }

  /** The next `count` rows, at most those of a block. What a block has left over, when it is less, is passed by. */
  async next(model: Model, count: number, pauser: Pauser): Promise<SiteRows> {
    let block = (this.#block ??= await this.#read(model, this.#place, pauser));
    while (this.#place.taken + count > block.order.length) {
      const place = { ...block.next, taken: 0 };
      block = this.#block = await this.#read(model, place, pauser);
      if (block.order.length < count) {
        throw new Error(`a block of ${block.order.length} rows does not hold a batch of ${count}`);
      }
      this.#place = place;
    }
    const { taken } = this.#place;
    const chosen = block.order.slice(taken, taken + count);
    this.#place = { ...this.#place, taken: taken + count };
    return new Map([...block.rows].map(([site, data]) => [site, pick(data, block.order.length, chosen)]));
  }

  /** Rows from a place on, until there are enough for a block. */
  async #read(model: Model, from: Omit<RowsPlace, "taken">, pauser: Pauser): Promise<Block> {
    const { blockRows, seed } = this.settings;
    const parts = new Map<Site, Float32Array<ArrayBuffer>[]>(this.sites.map((site) => [site, []]));
    let [{ epoch, context }, rows] = [from, 0];
    let order = this.#orderOf(epoch);
    while (rows < blockRows) {
      await pauser.pause();
      if (context === order.length) {
        [epoch, context] = [epoch + 1, 0];
        order = this.#orderOf(epoch);
      }
      const batch = this.#batch(model, order.slice(context));
      context += batch.length;
      const read = await readContexts(model, this.contexts, batch, this.sites);
      for (const [site, data] of read.rows) parts.get(site)?.push(data);
      rows += read.count;
    }
    return {
      rows: new Map([...parts].map(([site, data]) => [site, joinFloats(data)])),
      order: new Draws(seedAt(seed, 1, from.epoch, from.context)).order(rows),
      next: { epoch, context },
    };
  }

  #orderOf(epoch: number): number[] {
    return new Draws(seedAt(this.settings.seed, 0, epoch)).order(this.contexts.count);
  }

  /** The first of these contexts that go through the model together. */
  #batch(model: Model, contexts: readonly number[]): readonly number[] {
    const limit = batchTokens(
      model,
      model.config.nCtx,
      false,
      CORPUS_MULTIPLICATIONS[model.memory.device.kind],
    );
    const ahead = contexts.slice(0, Math.max(1, limit));
    return batchesOf(ahead, (context) => this.contexts.length(context), limit)[0] ?? [];
  }
}

/** Every row of some contexts, in order. */
export async function readContexts(
  model: Model,
  contexts: Contexts,
  numbers: readonly number[],
  sites: readonly Site[],
): Promise<{ readonly rows: SiteRows; readonly count: number }> {
  const texts = numbers.map((number) => contexts.at(number).tokens);
  const kept = texts.flat().flatMap((token, index) => (contexts.counts(token) ? [index] : []));
  const pass = ActivationCache.ofTexts(model, texts, kept, sites);
  try {
    const read = await readBack(model.memory, (back) =>
      sites.map((site) => [site, back.borrowed(pass.tensor(site))] as const),
    );
    return { rows: new Map(read.map(([site, later]) => [site, later()])), count: kept.length };
  } finally {
    pass.release();
  }
}

/** Some rows of `count`. */
function pick(
  data: Float32Array<ArrayBuffer>,
  count: number,
  chosen: readonly number[],
): Float32Array<ArrayBuffer> {
  const width = data.length / count;
  const picked = new Float32Array(chosen.length * width);
  chosen.forEach((row, i) => picked.set(data.subarray(row * width, (row + 1) * width), i * width));
  return picked;
}
