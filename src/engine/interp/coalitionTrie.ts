/**
 * Values of coalitions of chain steps by a prefix trie.
 *
 * A coalition says which steps are present. Read in text order, coalitions that agree on the first i steps
 * share everything computed up to there:
 *
 *   1. the prompt is computed once
 *   2. at step i, each distinct prefix branches: with the step (its tokens are computed, once for every branch)
 *      and without it. "delete" leaves the context as it is; "mask" leaves it too, but what follows keeps the
 *      positions it would have had (a hidden key is never looked at, so its token need not be computed);
 *      "replace" computes filler tokens in its place
 *   3. at the end of each branch the answer is scored
 *
 * For all 2^n coalitions step i is thus computed 2^(i-1) times in delete and mask mode, 2^i times in replace
 * mode, and the answer 2^n times: P + (2^n - 1) s + 2^n A tokens for equal steps, against 2^n (P + n s / 2 + A)
 * one by one. Branches are laid out as one batch while there are few of them; past `width` branches they are
 * walked depth-first, a block at a time, so the cache holds one path per row of a block.
 *
 * Two branches whose tokens are equal are one branch: a step that already equals the filler changes nothing,
 * and its coalitions get the same value, not merely a close one.
 */
import type { Ablation, ChainTokens, CoalitionResult, SegmentCounts } from "../../protocol/chain";
import { VitrineError } from "../../protocol/errors";
import type { Model } from "../models/model";
import { KeyValueCache } from "../ops/keyValueCache";
import type { Pauser } from "../../protocol/cancel";
import { readForward, recordForward } from "./forward";
import { EMPTY_CONTEXT, skip, type RowContext, type Segment } from "./rowContext";

/** Branches evaluated together: past 30 to 70 rows a GPU is bound by arithmetic, more only costs memory. */
const MAX_WIDTH = 64;
/** What the key-value cache of one evaluation may take. */
const CACHE_BUDGET_BYTES = 512 * 1024 * 1024;

export interface TrieRequest extends Ablation {
  readonly chain: ChainTokens;
  readonly coalitions: readonly (readonly boolean[])[];
  /** Most probable first answer tokens per coalition; 0 for none. */
  readonly topK: number;
}

export interface CoalitionValue extends CoalitionResult {
  /** Index into the request's coalitions. */
  readonly index: number;
}

/** A distinct prefix: its context, and the coalitions that begin with it. */
interface Branch {
  readonly context: RowContext;
  readonly members: readonly number[];
}

interface MutableCounts {
  prompt: number;
  steps: number[];
  answer: number;
}

export class CoalitionTrie {
  readonly #counts: MutableCounts;
  readonly #width: number;
  /** Branches answered together: their logits are one buffer. */
  readonly #answerWidth: number;
  readonly #cache: KeyValueCache;
  #evaluatedTokens = 0;

  constructor(
    private readonly model: Model,
    private readonly request: TrieRequest,
    private readonly pauser: Pauser,
  ) {
    checkChain(request, model.config.dVocab);
    const { chain, coalitions } = request;
    this.#counts = { prompt: 0, steps: chain.steps.map(() => 0), answer: 0 };
    const { config, memory } = model;
    const kvWidth = config.nKvHeads * config.dHead;
    const perBranch =
      chain.steps.reduce((sum, step) => sum + step.length, 0) +
      chain.answerPrefix.length +
      chain.answer.length;
    const slotBytes = 2 * 4 * kvWidth * config.nLayers;
    const affordable = Math.floor(CACHE_BUDGET_BYTES / slotBytes / perBranch);
    this.#width = Math.max(2, Math.min(MAX_WIDTH, coalitions.length, affordable));
    const logitBytes = 4 * (config.dVocabOut ?? config.dVocab) * Math.max(1, chain.answer.length);
    this.#answerWidth = Math.max(1, Math.floor(memory.device.limits.maxBufferBytes / logitBytes));
    const slots = chain.prompt.length + this.#width * perBranch;
    this.#cache = new KeyValueCache(memory, config.nLayers, slots, kvWidth);
  }

  get counts(): SegmentCounts {
    return this.#counts;
  }

  get evaluatedTokens(): number {
    return this.#evaluatedTokens;
  }

  /** Values in blocks, as they are known. Frees the cache when done, cancelled or failed. */
  async *values(): AsyncGenerator<CoalitionValue[]> {
    const { chain, coalitions } = this.request;
    try {
      const root = this.#compute([{ context: EMPTY_CONTEXT, tokens: chain.prompt }]);
      this.#counts.prompt++;
      const [context = EMPTY_CONTEXT] = root.contexts;
      yield* this.#descend([{ context, members: coalitions.map((_, i) => i) }], 0);
    } finally {
      this.#cache.release();
    }
  }

  async *#descend(branches: readonly Branch[], step: number): AsyncGenerator<CoalitionValue[]> {
    if (branches.length === 0) return;
    if (step === this.request.chain.steps.length) {
      for (let i = 0; i < branches.length; i += this.#answerWidth)
        yield await this.#answer(branches.slice(i, i + this.#answerWidth));
      return;
    }
    const absent = this.#branchesOf(branches, step, false);
    const present = this.#branchesOf(branches, step, true);
    const together = absent.length + present.length <= this.#width;
    for (const group of together ? [[...absent, ...present]] : [absent, present]) {
      const { slots, next } = this.#advance(group, step);
      yield* this.#descend(next, step + 1);
      this.#cache.giveBack(slots);
    }
  }

  /** The branches' continuations with the step absent or present; equal continuations count as present. */
  #branchesOf(branches: readonly Branch[], step: number, present: boolean): Continuation[] {
    const { chain, coalitions, mode, fillerId } = this.request;
    const tokens = chain.steps[step] ?? [];
    const filler = tokens.map(() => fillerId);
    const same = tokens.length === 0 || (mode === "replace" && tokens.every((token) => token === fillerId));
    if (same && !present) return [];
    return branches.flatMap(({ context, members }) => {
      const own = same ? members : members.filter((i) => coalitions[i]?.[step] === present);
      if (own.length === 0) return [];
      if (present) return { context, members: own, tokens };
      if (mode === "replace") return { context, members: own, tokens: filler };
      return { context: mode === "mask" ? skip(context, tokens.length) : context, members: own, tokens: [] };
    });
  }

  /** Computes the continuations that have tokens; the others only carry their context on. */
  #advance(group: readonly Continuation[], step: number): { slots: number[]; next: Branch[] } {
    const computed = group.filter(({ tokens }) => tokens.length > 0);
    if (computed.length === 0) return { slots: [], next: [...group] };
    const { contexts, slots } = this.#compute(computed);
    this.#counts.steps[step] = (this.#counts.steps[step] ?? 0) + computed.length;
    const contextOf = new Map(computed.map((continuation, i) => [continuation, contexts[i]]));
    const next = group.map((continuation) => ({
      context: contextOf.get(continuation) ?? continuation.context,
      members: continuation.members,
    }));
    return { slots, next };
  }

  #compute(segments: readonly Segment[]): { contexts: readonly RowContext[]; slots: number[] } {
    const pass = recordForward(this.model, this.#cache, segments, {});
    pass.release();
    this.#evaluatedTokens += pass.packed.count;
    return { contexts: pass.contexts, slots: pass.packed.slots.flat() };
  }

  async #answer(branches: readonly Branch[]): Promise<CoalitionValue[]> {
    await this.pauser.pause();
    const { chain, topK } = this.request;
    const { answerPrefix, answer } = chain;
    const tokens = [...answerPrefix, ...answer.slice(0, -1)];
    const first = answerPrefix.length - 1;
    const pass = recordForward(
      this.model,
      this.#cache,
      branches.map(({ context }) => ({ context, tokens })),
      {
        score: branches.flatMap((_, segment) =>
          answer.map((target, i) => ({ segment, index: first + i, target })),
        ),
        top: { places: topK > 0 ? branches.map((_, segment) => ({ segment, index: first })) : [], k: topK },
      },
    );
    this.#evaluatedTokens += pass.packed.count;
    this.#counts.answer += branches.length;
    const { scores, top } = await readForward(this.model, pass);
    this.#cache.giveBack(pass.packed.slots.flat());
    return branches.flatMap(({ members }, branch) => {
      const own = scores.subarray(branch * answer.length, (branch + 1) * answer.length);
      const logProb = own.reduce((sum, value) => sum + value, 0);
      const ownTop = top[branch] ?? { ids: new Uint32Array(), logProbs: new Float32Array() };
      return members.map((index) => ({ index, logProb, top: ownTop }));
    });
  }
}

interface Continuation extends Branch, Segment {}

/** Refuses chains that have no defined value, with what to change. */
function checkChain({ chain, coalitions, fillerId }: TrieRequest, dVocab: number): void {
  const refuse = (message: string) => {
    throw new VitrineError("Unsupported", message);
  };
  if (chain.prompt.length === 0) refuse("The prompt is empty; give the model at least one token to read.");
  if (chain.answerPrefix.length === 0) {
    refuse("Nothing stands between the last step and the answer; put a cue such as “Answer :” there.");
  }
  if (chain.answer.length === 0) refuse("The reference answer is empty; type the answer to score.");
  const short = coalitions.findIndex((present) => present.length !== chain.steps.length);
  if (short >= 0) {
    refuse(
      `coalition ${short} names ${coalitions[short]?.length} steps; the chain has ${chain.steps.length}`,
    );
  }
  const tokens = [...chain.prompt, ...chain.steps.flat(), ...chain.answerPrefix, ...chain.answer, fillerId];
  const bad = tokens.find((token) => !(Number.isInteger(token) && token >= 0 && token < dVocab));
  if (bad !== undefined) refuse(`token id ${bad} is not one of this model's ids, 0 to ${dVocab - 1}`);
}
