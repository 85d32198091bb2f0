/**
 * One prompt, run again and again with other interventions, and read at one position.
 *
 *   1. the prompt, with its own edits, is computed once up to the position that is read: what comes after cannot
 *      matter there
 *   2. a variant changes activations from some position on; everything before is as it was, so the variant's row
 *      begins there and looks at the keys and values that step 1 left in the cache
 *   3. what blocks before the first one that it changes read is as it was too: the row begins there, from the residual
 *      stream that step 1 kept. Blocks that it does not run need no keys and values
 *   4. many variants are one batch, which begins at the lowest of their blocks
 */
import type { Intervention } from "../../../protocol/interventions";
import type { Tensor } from "../../device/tensor";
import type { Model } from "../../models/model";
import { makeCache } from "../../models/sizes";
import type { KeyValueCache } from "../../ops/keyValueCache";
import { firstBlock } from "../edits/firstBlock";
import { readForward, recordForward, type ForwardRequest, type PendingForward } from "../pass/forwardPass";
import type { ResolvedPrompt } from "../interventions/index";
import { EMPTY_CONTEXT, type RowContext, type Segment } from "../batch/rowContext";

export interface Counterfactual {
  /** First position that differs from the prompt as it is. */
  readonly from: number;
  /** Applied after the prompt's own. */
  readonly interventions: readonly Intervention[];
}

/** What is read at the position. */
export interface ReadoutRequest {
  /** Tokens whose log-probabilities are wanted. */
  readonly targets: readonly number[];
  /** Whether their logits are wanted too. */
  readonly logits?: boolean;
  /** Whether the divergence from the base's distribution is. */
  readonly kl: boolean;
}

export interface Reading {
  /** log p of each target, nats. */
  readonly logProbs: Float32Array;
  /** Logit of each target; empty unless asked for. */
  readonly logits: Float32Array;
  /** KL(base ‖ this), nats; NaN unless asked for. */
  readonly kl: number;
}

/** A row of logits. */
export type Logits = Float32Array<ArrayBuffer>;

/** Most that kept residual streams may take: of a long prompt and a deep model only every so many blocks' are kept. */
const MAX_KEPT_BYTES = 1 << 28;

export class CounterfactualPrompts {
  readonly #cache: KeyValueCache;
  #context: RowContext = EMPTY_CONTEXT;
  #logits: Logits | undefined;
  #evaluatedTokens = 0;
  /** Residual streams before blocks, of the prompt as it is. */
  readonly #kept = new Map<number, Tensor>();
  /** Blocks from one that is kept to the next; more than there are: none is. */
  readonly #apart: number;

  /** `room`: most tokens that the variants of one batch have together. */
  constructor(
    private readonly model: Model,
    private readonly prompt: ResolvedPrompt,
    private readonly position: number,
    private readonly ask: ReadoutRequest,
    room: number,
    /** Whether variants begin at the first block that they change, or run whole: the same numbers, sooner or later. */
    beginsWithin = true,
  ) {
    const { nLayers, dModel } = model.config;
    this.#cache = makeCache(model, position + 1 + room + (ask.kl ? 1 : 0));
    const bytes = 4 * (position + 1) * dModel * nLayers;
    this.#apart = beginsWithin ? Math.ceil(bytes / MAX_KEPT_BYTES) : nLayers;
  }

  get evaluatedTokens(): number {
    return this.#evaluatedTokens;
  }

  /** Tokens that a variant's row has. */
  tokensOf({ from }: Pick<Counterfactual, "from">): number {
    return this.position + 1 - from;
  }

  /** The block that a variant with these interventions begins at. */
  blockOf(interventions: readonly Intervention[]): number {
    const first = firstBlock(this.model, interventions, this.prompt.interventions);
    return first - (first % this.#apart);
  }

  /** The prompt as it is; comes before any variant. It is the base, unless another prompt's logits are given. */
  async base(logits?: Logits): Promise<Reading> {
    const { kl } = this.ask;
    const whole = this.#segment(0, []);
    if (kl && !logits) return this.#baseOfKl(whole);
    const pass = this.#recordPrompt(whole, this.#asks([whole], logits));
    const { scores, logits: own, kl: divergence } = await readForward(this.model, pass);
    this.#logits = logits;
    return { logProbs: scores, logits: own, kl: divergence[0] ?? NaN };
  }

  /** Logits are kept of one token only: it is computed once more, after those before it. */
  async #baseOfKl(whole: Segment): Promise<Reading> {
    this.#recordPrompt(whole, {}).release();
    const last = this.#segment(this.position, []);
    const pass = recordForward(this.model, this.#cache, [last], {
      ...this.#asks([last], undefined),
      capture: new Set(["logits"]),
    });
    this.#evaluatedTokens += pass.packed.count;
    const { scores, logits, captures } = await readForward(this.model, pass);
    this.#cache.giveBack(pass.packed.slots.flat());
    this.#logits = Float32Array.from(captures[0]?.data ?? []);
    return { logProbs: scores, logits, kl: 0 };
  }

  #recordPrompt(whole: Segment, asks: ForwardRequest): PendingForward {
    const { memory } = this.model;
    const pass = recordForward(this.model, this.#cache, [whole], {
      ...asks,
      onInput: (layer, residual) => {
        if (layer > 0 && layer % this.#apart === 0) this.#kept.set(layer, memory.keep(residual));
      },
    });
    this.#evaluatedTokens += pass.packed.count;
    this.#context = pass.contexts[0] ?? EMPTY_CONTEXT;
    return pass;
  }

  /** The base's logits, where divergences from them are asked for. */
  get logits(): Logits | undefined {
    return this.#logits;
  }

  async run(variants: readonly Counterfactual[]): Promise<Reading[]> {
    const segments = variants.map(({ from, interventions }) => this.#segment(from, interventions));
    const layer = Math.min(...variants.map(({ interventions }) => this.blockOf(interventions)));
    const residual = this.#kept.get(layer);
    const rows = variants.flatMap(({ from }) =>
      Array.from({ length: this.tokensOf({ from }) }, (_, i) => from + i),
    );
    const pass = recordForward(this.model, this.#cache, segments, {
      ...this.#asks(segments, this.#logits),
      ...(residual && { start: { layer, residual, rows } }),
    });
    this.#evaluatedTokens += pass.packed.count;
    const { scores, logits, kl } = await readForward(this.model, pass);
    this.#cache.giveBack(pass.packed.slots.flat());
    const count = this.ask.targets.length;
    return segments.map((_, i) => ({
      logProbs: scores.subarray(i * count, (i + 1) * count),
      logits: logits.subarray(i * count, (i + 1) * count),
      kl: kl[i] ?? NaN,
    }));
  }

  release(): void {
    for (const residual of this.#kept.values()) this.model.memory.release(residual);
    this.#cache.release();
  }

  #segment(from: number, interventions: readonly Intervention[]): Segment {
    const { tokens, interventions: own } = this.prompt;
    return {
      context: {
        slots: this.#context.slots.slice(0, from),
        positions: this.#context.positions.slice(0, from),
        nextPosition: from,
      },
      tokens: tokens.slice(from, this.position + 1),
      interventions: [...own, ...interventions],
    };
  }

  /** What is asked of the last token of every row. */
  #asks(segments: readonly Segment[], base: Logits | undefined): ForwardRequest {
    const places = segments.map(({ tokens }, segment) => ({ segment, index: tokens.length - 1 }));
    const targets = places.flatMap((place) => this.ask.targets.map((target) => ({ ...place, target })));
    return {
      score: targets,
      ...(this.ask.logits ? { logits: targets } : {}),
      ...(this.ask.kl && base ? { kl: { base, places } } : {}),
    };
  }
}
