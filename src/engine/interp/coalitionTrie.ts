/**
 * Values of coalitions of chain steps by a prefix trie.
 *
 * A coalition says which steps are present. Read in text order, coalitions that agree on the first i steps
 * share everything computed up to there:
 *
 *   1. the prompt is computed once
 *   2. at step i, each distinct prefix branches: with the step, and with what stands in its place where it is absent
 *      (interp/absentSteps.ts says what that is). Each text is computed once for every branch
 *   3. at the end of each branch the answer is scored (interp/answerPass.ts)
 *
 * For all 2^n coalitions step i is thus computed 2^(i-1) times where absent steps need no computing (delete, mask),
 * 2^i times in replace, mean and symbol mode, and the answer 2^n times: P + (2^n - 1) s + 2^n A tokens for equal
 * steps, against 2^n (P + n s / 2 + A) one by one. Branches are laid out as one batch while there are few of them;
 * past `width` branches they are walked depth-first, a block at a time, so the cache holds one path per row of a block.
 *
 * Two branches that read the same are one branch: a step that already equals the filler changes nothing, and its
 * coalitions get the same value, not merely a close one. In resample mode a coalition is valued once for each sample;
 * samples share what they have in common.
 */
import type { Pauser } from "../../protocol/cancel";
import type { Ablation, ChainTokens, ChainValue, CoalitionResult, SegmentCounts } from "../../protocol/chain";
import type { Model } from "../models/model";
import { KeyValueCache } from "../ops/keyValueCache";
import { AbsentSteps, PRESENT, type StepText } from "./absentSteps";
import { answerSlots, readAnswers, type AnswerAsk } from "./answerPass";
import { checkChain, checkCoalitions, checkIds } from "./chainChecks";
import { chainValue, checkValue, type PossibleAnswers } from "./chainValue";
import { recordForward, type PendingForward } from "./forward";
import { EMPTY_CONTEXT, skip, type RowContext, type Segment } from "./rowContext";
import {
  askFirsts,
  askRest,
  joinScores,
  type FirstTokens,
  type SegmentScores,
  type StepScores,
} from "./tokenScores";

/** Branches evaluated together: past 30 to 70 rows a GPU is bound by arithmetic, more only costs memory. */
const MAX_WIDTH = 64;
/** What the key-value cache of one evaluation may take. */
const CACHE_BUDGET_BYTES = 512 * 1024 * 1024;

export interface TrieRequest extends Ablation {
  readonly chain: ChainTokens;
  /** Most probable first answer tokens per coalition; 0 for none. */
  readonly topK?: number;
  /** What a coalition is worth; log p of the answer if not said. */
  readonly value?: ChainValue;
  /** For "expected". */
  readonly answers?: PossibleAnswers;
  /** Whether log p of every token of the steps, the cue and the answer is wanted, too. */
  readonly tokens?: boolean;
}

/** A coalition, once for each sample. */
export interface CoalitionValue extends CoalitionResult {
  /** Index into the coalitions. */
  readonly index: number;
  readonly sample: number;
  readonly value: number;
  /** log p of every token, if asked. */
  readonly tokens?: Float64Array;
}

/** A distinct prefix: its context, and the rows (a coalition and a sample) that begin with it. */
interface Branch {
  readonly context: RowContext;
  readonly members: readonly number[];
  /** Absent steps that change later texts. */
  readonly gone: readonly number[];
  /** Of the last token computed; if token scores are asked. */
  readonly firsts: FirstTokens;
  readonly scores: readonly StepScores[];
}

interface Continuation extends Branch {
  readonly text: StepText;
  /** Where the scores of the step's own tokens go; only where its text is the original. */
  readonly rest?: SegmentScores["take"];
}

const NO_SCORES: FirstTokens = new Float64Array();

export class CoalitionTrie {
  readonly #counts: { prompt: number; steps: number[]; answer: number };
  readonly #width: number;
  readonly #cache: KeyValueCache;
  readonly #ask: AnswerAsk;
  /** Whether a step may leave no token at all, so that what follows it follows what came before. */
  readonly #leavesGaps: boolean;
  #root: Branch | undefined;
  #coalitions: readonly (readonly boolean[])[] = [];
  /** Passes whose scores nobody has read yet. */
  #pending: { readonly pass: PendingForward; take(scores: Float32Array): void }[] = [];
  #evaluatedTokens = 0;

  /** For up to `most` coalitions at a time. Release it in the end. */
  static async open(
    model: Model,
    request: TrieRequest,
    most: number,
    pauser: Pauser,
  ): Promise<CoalitionTrie> {
    const { dVocab } = model.config;
    const { chain, value = "logProb", answers = [] } = request;
    checkChain(chain, request, dVocab);
    checkValue(value, answers);
    answers.forEach(({ tokens }) => checkIds(tokens, dVocab));
    return new CoalitionTrie(model, request, most, await AbsentSteps.of(model, request, pauser), pauser);
  }

  private constructor(
    private readonly model: Model,
    private readonly request: TrieRequest,
    most: number,
    private readonly absent: AbsentSteps,
    private readonly pauser: Pauser,
  ) {
    const { chain, mode, topK = 0, value = "logProb", answers = [] } = request;
    this.#ask = {
      ...{ chain, topK, value, cue: request.tokens ?? false },
      answers: value === "expected" ? answers : [],
    };
    const writesNothing = request.alternatives?.some((sample) => sample.some(({ length }) => length === 0));
    this.#leavesGaps =
      mode === "delete" || mode === "mask" || (mode === "resample" && writesNothing === true);
    this.#counts = { prompt: 0, steps: chain.steps.map(() => 0), answer: 0 };
    const { config, memory } = model;
    const kvWidth = config.nKvHeads * config.dHead;
    const longest = chain.steps.map(({ length }, step) =>
      Math.max(length, ...(request.alternatives ?? []).map((sample) => sample[step]?.length ?? 0)),
    );
    const perBranch = longest.reduce((sum, length) => sum + length, answerSlots(chain, answers));
    const affordable = Math.floor(CACHE_BUDGET_BYTES / (2 * 4 * kvWidth * config.nLayers) / perBranch);
    this.#width = Math.max(2, Math.min(MAX_WIDTH, most * absent.samples, affordable));
    const slots = chain.prompt.length + this.#width * perBranch;
    this.#cache = new KeyValueCache(memory, config.nLayers, slots, kvWidth);
  }

  get counts(): SegmentCounts {
    return structuredClone(this.#counts);
  }

  get evaluatedTokens(): number {
    return this.#evaluatedTokens;
  }

  /** For how many samples each coalition is valued. */
  get samples(): number {
    return this.absent.samples;
  }

  /** Frees the cache, and what was left unread by work that was cancelled or failed. */
  release(): void {
    for (const { pass } of this.#pending.splice(0)) pass.release();
    this.#cache.release();
  }

  /** Values in blocks, as they are known. One call at a time. */
  async *values(coalitions: readonly (readonly boolean[])[]): AsyncGenerator<CoalitionValue[]> {
    checkCoalitions(coalitions, this.request.chain.steps.length);
    this.#coalitions = coalitions;
    this.#root ??= this.#prompt();
    const members = Array.from({ length: coalitions.length * this.samples }, (_, row) => row);
    yield* this.#descend([{ ...this.#root, members }], 0);
  }

  #prompt(): Branch {
    const { chain } = this.request;
    const start = { context: EMPTY_CONTEXT, members: [], gone: [], firsts: NO_SCORES, scores: [] };
    const text = { tokens: chain.prompt, skipped: 0 };
    const { next } = this.#compute([{ ...start, text }], -1, () => chain.steps.length);
    this.#counts.prompt++;
    return next[0] ?? start;
  }

  async *#descend(branches: readonly Branch[], step: number): AsyncGenerator<CoalitionValue[]> {
    if (branches.length === 0) return;
    await this.pauser.pause();
    if (step === this.request.chain.steps.length) {
      yield await this.#answer(branches);
      return;
    }
    const groups = this.#groupsOf(branches, step);
    const together = groups.reduce((sum, { length }) => sum + length, 0) <= this.#width;
    for (const group of together ? [groups.flat()] : groups) {
      const { slots, next } = this.#advance(group, step);
      yield* this.#descend(
        next.filter(({ members }) => members.length > 0),
        step + 1,
      );
      this.#cache.giveBack(slots);
    }
  }

  #isPresent(row: number, step: number): boolean {
    return this.#coalitions[Math.floor(row / this.samples)]?.[step] === true;
  }

  /** The branches' continuations by the text of the step, the original first: its scores belong to all. */
  #groupsOf(branches: readonly Branch[], step: number): Continuation[][] {
    const { tokens: asked } = this.request;
    const original = this.request.chain.steps[step] ?? [];
    const groups = new Map(this.absent.variants(step).map((variant) => [variant, [] as Continuation[]]));
    for (const branch of branches) {
      const members = new Map<number, number[]>();
      for (const row of branch.members) {
        const variant = this.absent.variant(step, this.#isPresent(row, step), row % this.samples);
        const list = members.get(variant);
        if (list) list.push(row);
        else members.set(variant, [row]);
      }
      // What the step's own tokens would be worth is asked where no coalition has the step, too.
      if (asked && original.length > 1 && !members.has(PRESENT)) members.set(PRESENT, []);
      const own = asked ? askRest(original, 0) : undefined;
      const scores = own ? [...branch.scores, { before: branch.firsts, rest: own.rest }] : branch.scores;
      for (const [variant, rows] of members) {
        groups.get(variant)?.push({
          ...{ context: branch.context, members: rows, firsts: branch.firsts, scores },
          gone: this.absent.after(step, variant, branch.gone),
          text: this.absent.text(step, variant, branch.gone),
          ...(own && variant === PRESENT ? { rest: own.take } : {}),
        });
      }
    }
    return [...groups.values()].filter(({ length }) => length > 0);
  }

  /** Computes the continuations that have tokens; the others only carry their context on. */
  #advance(group: readonly Continuation[], step: number): { slots: number[]; next: Branch[] } {
    const computed = group.filter(({ text }) => text.tokens.length > 0);
    const idle = group
      .filter(({ text }) => text.tokens.length === 0)
      .map((branch) => ({ ...branch, context: skip(branch.context, branch.text.skipped) }));
    if (computed.length === 0) return { slots: [], next: idle };
    const { slots, next } = this.#compute(computed, step, (branch) => this.#reach(branch, step));
    this.#counts.steps[step] = (this.#counts.steps[step] ?? 0) + computed.length;
    return { slots, next: [...idle, ...next] };
  }

  /** The last part that may follow `step` directly in one of the branch's rows. */
  #reach({ members }: Branch, step: number): number {
    const { steps } = this.request.chain;
    const follows = (row?: number) => {
      for (let part = step + 1; part < steps.length; part++) {
        if ((steps[part] ?? []).length === 0) continue;
        if (!this.#leavesGaps || row === undefined || this.#isPresent(row, part)) return part;
      }
      return steps.length;
    };
    if (!this.#leavesGaps) return members.length > 0 ? follows() : step;
    return members.reduce((most, row) => Math.max(most, follows(row)), step);
  }

  #compute(
    group: readonly Continuation[],
    step: number,
    reach: (branch: Branch) => number,
  ): { slots: number[]; next: Branch[] } {
    const { chain, tokens: asked } = this.request;
    const original = chain.steps[step] ?? [];
    const scores = group.map((branch, segment) => {
      if (!asked) return undefined;
      const firsts = askFirsts(chain, segment, branch.text.tokens.length - 1, step, reach(branch));
      return { firsts, rest: branch.rest && { asks: askRest(original, segment).asks, take: branch.rest } };
    });
    const lists: SegmentScores[] = scores.flatMap((one) =>
      one ? [one.firsts, ...(one.rest ? [one.rest] : [])] : [],
    );
    const segments = group.map(({ context, text }): Segment => ({ context, ...text }));
    const pass = recordForward(this.model, this.#cache, segments, {
      score: lists.flatMap(({ asks }) => asks),
    });
    this.#evaluatedTokens += pass.packed.count;
    if (lists.every(({ asks }) => asks.length === 0)) pass.release();
    else {
      const take = (values: Float32Array) => {
        let at = 0;
        for (const list of lists) list.take(values.subarray(at, (at += list.asks.length)));
      };
      this.#pending.push({ pass, take });
    }
    const next = group.map(({ text, rest, ...branch }, i) => ({
      ...branch,
      context: skip(pass.contexts[i] ?? branch.context, text.skipped),
      firsts: scores[i]?.firsts.firsts ?? branch.firsts,
    }));
    return { slots: pass.packed.slots.flat(), next };
  }

  async #answer(branches: readonly Branch[]): Promise<CoalitionValue[]> {
    const { chain } = this.request;
    const { value, answers: possible } = this.#ask;
    const pending = this.#pending.splice(0);
    const ends = branches.map(({ context, gone }) => ({ context, prefix: this.absent.answerPrefix(gone) }));
    const read = await readAnswers(
      this.model,
      this.#cache,
      this.#ask,
      ends,
      pending.map(({ pass }) => pass),
    );
    pending.forEach(({ take }, i) => take(read.earlier[i] ?? new Float32Array()));
    this.#evaluatedTokens += read.evaluatedTokens;
    this.#counts.answer += branches.length;
    return branches.flatMap(({ members, scores, firsts }, i) => {
      const answer = read.answers[i];
      if (answer === undefined) throw new Error("a branch was not answered");
      const { logProbs, cue, top } = answer;
      const common = {
        top,
        logProb: logProbs.reduce((sum, one) => sum + one, 0),
        value: chainValue(value, answer, chain.answer, possible),
        ...(this.request.tokens
          ? { tokens: joinScores(chain, scores, { before: firsts, rest: cue }, logProbs) }
          : {}),
      };
      return members.map((row) => ({
        index: Math.floor(row / this.samples),
        sample: row % this.samples,
        ...common,
      }));
    });
  }
}
