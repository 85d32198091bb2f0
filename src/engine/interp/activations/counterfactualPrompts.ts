/**
 * One prompt, run again and again with other interventions, and read at one position.
 *
 *   1. the prompt, with its own edits, is computed once up to the position that is read: what comes after cannot
 *      matter there
 *   2. a variant changes activations from some position on; everything before is as it was, so the variant's row
 *      begins there and looks at the keys and values that step 1 left in the cache
 *   3. many variants are one batch
 */
import type { Intervention } from "../../../protocol/interventions";
import type { Model } from "../../models/model";
import { makeCache } from "../../models/sizes";
import type { KeyValueCache } from "../../ops/keyValueCache";
import { readForward, recordForward, type ForwardRequest } from "../pass/forwardPass";
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

export class CounterfactualPrompts {
  readonly #cache: KeyValueCache;
  #context: RowContext = EMPTY_CONTEXT;
  #logits: Logits | undefined;
  #evaluatedTokens = 0;

  /** `room`: most tokens that the variants of one batch have together. */
  constructor(
    private readonly model: Model,
    private readonly prompt: ResolvedPrompt,
    private readonly position: number,
    private readonly ask: ReadoutRequest,
    room: number,
  ) {
    this.#cache = makeCache(model, position + 1 + room);
  }

  get evaluatedTokens(): number {
    return this.#evaluatedTokens;
  }

  /** Tokens that a variant's row has. */
  tokensOf({ from }: Pick<Counterfactual, "from">): number {
    return this.position + 1 - from;
  }

  /** The prompt as it is; comes before any variant. It is the base, unless another prompt's logits are given. */
  async base(logits?: Logits): Promise<Reading> {
    const { kl } = this.ask;
    // Logits are made for one token only: those before it are computed first.
    const before = kl && !logits ? this.#allButLast() : EMPTY_CONTEXT;
    const segment = { ...this.#segment(before.nextPosition, []), context: before };
    const pass = recordForward(this.model, this.#cache, [segment], {
      ...this.#asks([segment], logits),
      ...(kl && !logits ? { capture: new Set(["logits"]) } : {}),
    });
    this.#evaluatedTokens += pass.packed.count;
    this.#context = pass.contexts[0] ?? EMPTY_CONTEXT;
    const { scores, logits: own, captures, kl: divergence } = await readForward(this.model, pass);
    if (kl) this.#logits = logits ?? Float32Array.from(captures[0]?.data ?? []);
    return { logProbs: scores, logits: own, kl: kl && !logits ? 0 : (divergence[0] ?? NaN) };
  }

  /** The base's logits, where divergences from them are asked for. */
  get logits(): Logits | undefined {
    return this.#logits;
  }

  async run(variants: readonly Counterfactual[]): Promise<Reading[]> {
    const segments = variants.map(({ from, interventions }) => this.#segment(from, interventions));
    const pass = recordForward(this.model, this.#cache, segments, this.#asks(segments, this.#logits));
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

  #allButLast(): RowContext {
    if (this.position === 0) return EMPTY_CONTEXT;
    const whole = this.#segment(0, []);
    const rows = [{ ...whole, tokens: whole.tokens.slice(0, -1) }];
    const pass = recordForward(this.model, this.#cache, rows, {});
    pass.release();
    this.#evaluatedTokens += pass.packed.count;
    return pass.contexts[0] ?? EMPTY_CONTEXT;
  }
}
