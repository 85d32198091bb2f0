/** Documents cut into contexts: the pieces of text that go through the model, each on its own. */
import { VitrineError } from "../../../protocol/errors";

/** Where a token lies in its context must fit in 16 bits. */
const MAX_CONTEXT = 65_536;

export interface Context {
  readonly document: number;
  /** BOS first, if it was put there. */
  readonly tokens: readonly number[];
}

export class Contexts {
  readonly count: number;
  /** Tokens that count: all but BOS. */
  readonly countedTokens: number;
  readonly #tokens: Uint32Array;
  readonly #documents: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;

  /** `bos` is put before every context, in place of one that a document begins with; `bosId` is what never counts. */
  constructor(
    documents: readonly (readonly number[])[],
    contextSize: number,
    private readonly bos: number | undefined,
    private readonly bosId: number | undefined,
  ) {
    const size = contextSize - (bos === undefined ? 0 : 1);
    if (!(Number.isInteger(size) && size >= 1 && contextSize <= MAX_CONTEXT)) {
      throw new VitrineError(
        "Unsupported",
        `Contexts of ${contextSize} tokens were asked; give a size from ${bos === undefined ? 1 : 2} to ${MAX_CONTEXT}.`,
      );
    }
    this.#tokens = new Uint32Array(documents.reduce((sum, { length }) => sum + length, 0));
    const [owners, starts, ends]: [number[], number[], number[]] = [[], [], []];
    let [at, counted] = [0, 0];
    for (const [document, tokens] of documents.entries()) {
      this.#tokens.set(tokens, at);
      const end = at + tokens.length;
      // Its own BOS would stand behind ours.
      let start = bos !== undefined && tokens[0] === bos ? at + 1 : at;
      for (; start < end; start += size) {
        const stop = Math.min(end, start + size);
        const own = this.#tokens.subarray(start, stop).reduce((sum, id) => sum + Number(id !== bosId), 0);
        // Nothing to learn from BOS alone.
        if (own === 0) continue;
        owners.push(document);
        starts.push(start);
        ends.push(stop);
        counted += own;
      }
      at = end;
    }
    this.#documents = Uint32Array.from(owners);
    this.#starts = Uint32Array.from(starts);
    this.#ends = Uint32Array.from(ends);
    this.count = owners.length;
    this.countedTokens = counted;
  }

  length(context: number): number {
    const own = (this.#ends[context] ?? 0) - (this.#starts[context] ?? 0);
    return own + (this.bos === undefined ? 0 : 1);
  }

  at(context: number): Context {
    const own = this.#tokens.subarray(this.#starts[context], this.#ends[context]);
    const tokens = this.bos === undefined ? [...own] : [this.bos, ...own];
    return { document: this.#documents[context] ?? 0, tokens };
  }

  /** Whether a token is part of any statistic. */
  counts(token: number): boolean {
    return token !== this.bosId;
  }
}
