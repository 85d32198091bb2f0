/**
 * What is remembered of every latent over a corpus, in memory that does not grow with it: about 1.2 kB for a latent that was
 * ever active, 60 bytes for one that was not.
 *
 *   moments    Σ a, Σ a², Σ a³, Σ a⁴ in f64, how often it was active, the largest value
 *   histogram  64 equal bins of [0, R), R the power of two above the largest value so far. When a value reaches R, R is
 *              doubled and bins are joined in pairs: every count stays exact. Only for display they are made into equal
 *              bins of [0, maximum]: values spread evenly within their bin, which is at most 1/32 of the maximum wide
 *   top        the 20 contexts with the largest values, one entry a context
 *   samples    one context of every histogram bin, drawn uniformly among those whose largest value lies in it: the one with
 *              the smallest of random numbers that seed, latent and context make. Of two bins that are joined the smaller
 *              stays, so that the draw is what it would have been from the start, in whatever batches contexts came
 */
import { hashSeed } from "../../../random/hash";

export const TOP = 20;
const BINS = 64;
/** Latents whose details are allocated together. */
const PAGE = 1024;
/** Shifts beyond this join all bins into the first. */
const MAX_SHIFT = 31;

export interface Entry {
  readonly context: number;
  /** Position in the context. */
  readonly at: number;
  readonly value: number;
}

interface Page {
  /** [PAGE, BINS]. */
  readonly bins: Uint32Array;
  readonly samples: Entries;
  /** [PAGE, TOP], largest first. */
  readonly top: Entries;
}

/** A value of 0: no entry. */
interface Entries {
  readonly values: Float32Array;
  readonly contexts: Uint32Array;
  readonly at: Uint16Array;
}

function makeEntries(count: number): Entries {
  return {
    values: new Float32Array(count),
    contexts: new Uint32Array(count),
    at: new Uint16Array(count),
  };
}

/** What is touched for every value lies together: fields of one record of f64, a cache line long. */
const FIELDS = 8;
/** Σ a, Σ a², Σ a³, Σ a⁴ come first. */
const COUNT = 4;
const MAX = 5;
/** The largest value in the context under way. */
const BEST = 6;
/** Bins per unit of value, a power of two; 0 before the first value. */
const SCALE = 7;

export class LatentStats {
  /** [nLatents, FIELDS]. */
  readonly #records: Float64Array;
  /** Which row of the pages a latent has; -1: none yet. */
  readonly #slots: Int32Array;
  readonly #pages: Page[] = [];
  readonly #pageSize: number;
  #used = 0;
  /** Where in the context under way each latent is largest. */
  readonly #bestAt: Uint16Array;
  readonly #touched: number[] = [];

  constructor(
    readonly nLatents: number,
    private readonly seed: number,
  ) {
    this.#records = new Float64Array(FIELDS * nLatents);
    this.#slots = new Int32Array(nLatents).fill(-1);
    this.#bestAt = new Uint16Array(nLatents);
    this.#pageSize = Math.min(PAGE, nLatents);
  }

  /** What it holds. */
  get bytes(): number {
    const arrays = ({ bins, samples, top }: Page) => [bins, ...Object.values(samples), ...Object.values(top)];
    const own = [this.#records, this.#slots, this.#bestAt];
    return [...own, ...this.#pages.flatMap(arrays)].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** How often a latent was active. */
  count(latent: number): number {
    return this.#records[FIELDS * latent + COUNT] ?? 0;
  }

  /** Its largest value; 0 if it never was active. */
  max(latent: number): number {
    return this.#records[FIELDS * latent + MAX] ?? 0;
  }

  /** Σ aⁿ for n of 1 to 4. */
  sum(latent: number, power: 1 | 2 | 3 | 4): number {
    return this.#records[FIELDS * latent + power - 1] ?? 0;
  }

  /** A value above 0 at a position of the context under way. */
  add(latent: number, value: number, at: number): void {
    const records = this.#records;
    const first = FIELDS * latent;
    let power = 1;
    for (let n = first; n < first + COUNT; n++) {
      power *= value;
      records[n] = (records[n] ?? 0) + power;
    }
    records[first + COUNT] = (records[first + COUNT] ?? 0) + 1;
    if (value > (records[first + MAX] ?? 0)) this.#newMaximum(latent, value);
    const slot = this.#slots[latent] ?? 0;
    const { bins } = this.#pageOf(slot);
    const bin = this.#rowOf(slot) * BINS + Math.floor(value * (records[first + SCALE] ?? 0));
    bins[bin] = (bins[bin] ?? 0) + 1;

    const best = records[first + BEST] ?? 0;
    if (best === 0) this.#touched.push(latent);
    if (value > best) {
      records[first + BEST] = value;
      this.#bestAt[latent] = at;
    }
  }

  /** All values of the context were added. Contexts come in order. */
  endContext(context: number): void {
    for (const latent of this.#touched) {
      const value = this.#records[FIELDS * latent + BEST] ?? 0;
      const at = this.#bestAt[latent] ?? 0;
      const slot = this.#slots[latent] ?? 0;
      const { top, samples } = this.#pageOf(slot);
      const row = this.#rowOf(slot);
      insertTop(top, row * TOP, context, at, value);
      const bin = row * BINS + Math.floor(value * (this.#records[FIELDS * latent + SCALE] ?? 0));
      this.#sample(latent, samples, bin, context, at, value);
      this.#records[FIELDS * latent + BEST] = 0;
    }
    this.#touched.length = 0;
  }

  /** Counts of equal bins of [0, maximum]. */
  histogram(latent: number, count: number): number[] {
    const max = this.max(latent);
    if (max === 0) return new Array<number>(count).fill(0);
    const slot = this.#slots[latent] ?? 0;
    const first = this.#rowOf(slot) * BINS;
    const scale = this.#records[FIELDS * latent + SCALE] ?? 1;
    const end = Math.floor(max * scale);
    const own = this.#pageOf(slot).bins.subarray(first, first + end + 1);
    let below = 0;
    let bin = 0;
    const upTo = (value: number): number => {
      const place = value * scale;
      while (bin < end && bin + 1 <= place) below += own[bin++] ?? 0;
      // The last bin is filled up to the maximum only.
      const width = bin === end ? max * scale - end : 1;
      const share = width > 0 ? Math.min(1, Math.max(0, (place - bin) / width)) : 1;
      return Math.round(below + share * (own[bin] ?? 0));
    };
    let before = 0;
    return Array.from({ length: count }, (_, i) => {
      const after = i === count - 1 ? this.count(latent) : upTo((max * (i + 1)) / count);
      const within = after - before;
      before = after;
      return within;
    });
  }

  /** The contexts with the largest values, largest first; of equal ones the first. */
  top(latent: number): Entry[] {
    const slot = this.#slots[latent] ?? -1;
    return slot < 0 ? [] : entriesOf(this.#pageOf(slot).top, this.#rowOf(slot) * TOP, TOP);
  }

  /** Sampled contexts whose value lies in (from, to], at most `most` of them, largest value first. */
  sampled(latent: number, from: number, to: number, most: number): Entry[] {
    const slot = this.#slots[latent] ?? -1;
    if (slot < 0) return [];
    return entriesOf(this.#pageOf(slot).samples, this.#rowOf(slot) * BINS, BINS)
      .filter(({ value }) => value > from && value <= to)
      .sort((a, b) => this.#random(latent, a.context) - this.#random(latent, b.context))
      .slice(0, most)
      .sort((a, b) => b.value - a.value);
  }

  #rowOf(slot: number): number {
    return slot % this.#pageSize;
  }

  #pageOf(slot: number): Page {
    const size = this.#pageSize;
    return (this.#pages[Math.floor(slot / size)] ??= {
      bins: new Uint32Array(size * BINS),
      samples: makeEntries(size * BINS),
      top: makeEntries(size * TOP),
    });
  }

  /** Makes room for a latent's first value; doubles the range until it holds the value. */
  #newMaximum(latent: number, value: number): void {
    const records = this.#records;
    const before = records[FIELDS * latent + SCALE] ?? 0;
    records[FIELDS * latent + MAX] = value;
    if (before > 0 && value * before < BINS) return;
    if (before === 0) this.#slots[latent] = this.#used++;
    // The value in the upper half of the range.
    let scale = before || 2 ** (6 - Math.floor(Math.log2(value)));
    while (value * scale >= BINS) scale /= 2;
    records[FIELDS * latent + SCALE] = scale;
    if (before > 0) this.#join(latent, Math.min(MAX_SHIFT, Math.round(Math.log2(before / scale))));
  }

  /** Bins in groups of 2 ** shift become one. */
  #join(latent: number, shift: number): void {
    const slot = this.#slots[latent] ?? 0;
    const { bins, samples } = this.#pageOf(slot);
    const first = this.#rowOf(slot) * BINS;
    for (let bin = 0; bin < BINS; bin++) {
      const from = first + bin;
      const to = first + (bin >> shift);
      if (from === to) continue;
      bins[to] = (bins[to] ?? 0) + (bins[from] ?? 0);
      bins[from] = 0;
      const { context, at, value } = entryAt(samples, from);
      if (value > 0) this.#sample(latent, samples, to, context, at, value);
      samples.values[from] = 0;
    }
  }

  /** Keeps the entry in its bin if its random number is the smaller one. */
  #sample(latent: number, samples: Entries, bin: number, context: number, at: number, value: number): void {
    if ((samples.values[bin] ?? 0) > 0) {
      const held = samples.contexts[bin] ?? 0;
      const order = this.#random(latent, context) - this.#random(latent, held);
      if (order > 0 || (order === 0 && context > held)) return;
    }
    put(samples, bin, context, at, value);
  }

  /** 32 random bits of a latent in a context. */
  #random(latent: number, context: number): number {
    return hashSeed(hashSeed(this.seed + latent) + context);
  }
}

function entryAt({ values, contexts, at }: Entries, place: number): Entry {
  return { value: values[place] ?? 0, context: contexts[place] ?? 0, at: at[place] ?? 0 };
}

function put(entries: Entries, place: number, context: number, at: number, value: number): void {
  entries.values[place] = value;
  entries.contexts[place] = context;
  entries.at[place] = at;
}

function entriesOf(entries: Entries, first: number, count: number): Entry[] {
  return Array.from({ length: count }, (_, i) => entryAt(entries, first + i)).filter(
    ({ value }) => value > 0,
  );
}

function insertTop(top: Entries, first: number, context: number, at: number, value: number): void {
  let place = first + TOP;
  while (place > first && value > (top.values[place - 1] ?? 0)) place--;
  if (place === first + TOP) return;
  for (const list of [top.values, top.contexts, top.at]) list.copyWithin(place + 1, place, first + TOP - 1);
  put(top, place, context, at, value);
}
