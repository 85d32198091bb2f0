/**
 * One prompt, run again and again with other interventions, and read at one position.
 *
 *   1. the prompt, with its own edits, is computed once up to the position that is read: what comes after cannot
 *      matter there
 *   2. a variant changes activations from some position on; everything before is as it was, so the variant's row
 *      begins there and looks at the keys and values that step 1 left in the cache
 *   3. many variants are one batch
 */
import type { Intervention } from "../../protocol/interventions";
import type { Model } from "../models/model";
import { KeyValueCache } from "../ops/keyValueCache";
import { readForward, recordForward } from "./forward";
import type { ResolvedPrompt } from "./interventions/index";
import { EMPTY_CONTEXT, type RowContext, type Segment } from "./rowContext";

export interface Variant {
  /** First position that differs from the prompt as it is. */
  readonly from: number;
  /** Applied after the prompt's own. */
  readonly interventions: readonly Intervention[];
}

/** What is read at the position. */
export interface ReadingAsk {
  /** Tokens whose log-probabilities are wanted. */
  readonly targets: readonly number[];
  /** Whether the whole distribution is. */
  readonly wholeRow: boolean;
}

export interface Reading {
  /** log p of each target, nats. */
  readonly logProbs: Float32Array;
  /** The logits of the whole vocabulary; empty unless asked for. */
  readonly logits: Float32Array;
}

export class PromptVariants {
  readonly #cache: KeyValueCache;
  #context: RowContext = EMPTY_CONTEXT;
  #evaluatedTokens = 0;

  /** `room`: most tokens that the variants of one batch have together. */
  constructor(
    private readonly model: Model,
    private readonly prompt: ResolvedPrompt,
    private readonly position: number,
    private readonly ask: ReadingAsk,
    room: number,
  ) {
    const { config, memory } = model;
    const width = config.nKvHeads * config.dHead;
    this.#cache = new KeyValueCache(memory, config.nLayers, position + 1 + room, width);
  }

  get evaluatedTokens(): number {
    return this.#evaluatedTokens;
  }

  /** Tokens that a variant's row has. */
  tokensOf({ from }: Pick<Variant, "from">): number {
    return this.position + 1 - from;
  }

  /** The prompt as it is; comes before any variant. */
  async base(): Promise<Reading> {
    const { readings, contexts } = await this.#read([this.#segment(0, [])]);
    this.#context = contexts[0] ?? EMPTY_CONTEXT;
    return readings[0] ?? { logProbs: new Float32Array(), logits: new Float32Array() };
  }

  async run(variants: readonly Variant[]): Promise<Reading[]> {
    const segments = variants.map(({ from, interventions }) => this.#segment(from, interventions));
    const { readings, slots } = await this.#read(segments);
    this.#cache.giveBack(slots);
    return readings;
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

  async #read(segments: readonly Segment[]) {
    const { targets, wholeRow } = this.ask;
    const heads = wholeRow ? this.#allButLast(segments) : undefined;
    const last = heads ? heads.last : segments;
    const pass = recordForward(this.model, this.#cache, last, {
      score: last.flatMap(({ tokens }, segment) =>
        targets.map((target) => ({ segment, index: tokens.length - 1, target })),
      ),
      ...(wholeRow ? { capture: new Set(["logits"]) } : {}),
    });
    this.#evaluatedTokens += pass.packed.count;
    const { scores, captures } = await readForward(this.model, pass);
    const logits = captures[0]?.data ?? new Float32Array();
    const cols = logits.length / last.length;
    return {
      readings: last.map((_, i) => ({
        logProbs: scores.subarray(i * targets.length, (i + 1) * targets.length),
        logits: logits.subarray(i * cols, (i + 1) * cols),
      })),
      contexts: pass.contexts,
      slots: [...(heads?.slots ?? []), ...pass.packed.slots.flat()],
    };
  }

  /** Computes all but the last token of each row, so that logits are made for the last ones only. */
  #allButLast(segments: readonly Segment[]): { last: Segment[]; slots: number[] } {
    const longer = segments.filter(({ tokens }) => tokens.length > 1);
    const contexts = new Map<Segment, RowContext>();
    let slots: number[] = [];
    if (longer.length > 0) {
      const rows = longer.map((segment) => ({ ...segment, tokens: segment.tokens.slice(0, -1) }));
      const pass = recordForward(this.model, this.#cache, rows, {});
      pass.release();
      this.#evaluatedTokens += pass.packed.count;
      slots = pass.packed.slots.flat();
      longer.forEach((segment, i) => contexts.set(segment, pass.contexts[i] ?? EMPTY_CONTEXT));
    }
    const last = segments.map((segment) => ({
      ...segment,
      context: contexts.get(segment) ?? segment.context,
      tokens: segment.tokens.slice(-1),
    }));
    return { last, slots };
  }
}
