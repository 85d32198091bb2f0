/**
 * Values of coalitions of chain steps by a prefix trie.
 *
 * A coalition says which steps are present. Read in text order, coalitions that agree on the first i steps
 * share everything computed up to there:
 *
 *   1. the prompt is computed once
 *   2. at step i, each distinct prefix branches: with the step, and with what stands in its place where it is absent
 *      (stepAblation.ts says what that is). Each text is computed once for every branch
 *   3. at the end of each branch the answer is scored (answerPass.ts)
 *
 * For all 2^n coalitions step i is thus computed 2^(i-1) times where absent steps need no computing (delete, mask),
 * 2^i times in replace, mean and symbol mode, and the answer 2^n times: P + (2^n - 1) s + 2^n A tokens for equal
 * steps, against 2^n (P + n s / 2 + A) one by one. Branches are laid out as one batch while there are few of them;
 * past `width` branches they are walked depth-first, a block at a time, so the cache holds one path per row of a block.
 *
 * Two branches that read the same are one branch: a step that already equals the filler changes nothing, and its
 * coalitions get the same value, not merely a close one. In resample mode a coalition is valued once for each sample;
 * samples share what they have in common. Edits meet the same tokens in every branch (chainEdits.ts).
 */
import type { Pauser } from "../../../protocol/cancel";
import type {
  Ablation,
  ChainTokens,
  ChainValue,
  CoalitionResult,
  SegmentCounts,
  UnderEdits,
} from "../../../protocol/chain";
import type { Model } from "../../models/model";
import { AbsentSteps, PRESENT } from "./stepAblation";
import type { AnswerRequest } from "./answerPass";
import { ChainEdits } from "./chainEdits";
import { checkChain, checkCoalitions } from "./chainChecks";
import { checkIds } from "../../models/checks";
import { chainValue, checkValue, type PossibleAnswers } from "./chainValue";
import { EMPTY_CONTEXT, skip } from "../batch/rowContext";
import { joinScores, restOf } from "./tokenScores";
import { TriePasses, type Branch, type Continuation } from "./triePasses";

export interface TrieRequest extends Ablation, UnderEdits {
  readonly chain: ChainTokens;
  /** Most probable first answer tokens per coalition; 0 for none. */
  readonly topK?: number;
  /** What a coalition is worth; log p of the answer if not said. */
  readonly value?: ChainValue;
  /** For "expected". */
  readonly answers?: PossibleAnswers;
  /** Whether log p of every token of the steps, the cue and the answer is wanted, too. */
  readonly tokenScores?: boolean;
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

export class CoalitionTrie {
  /** Whether a step may leave no token at all, so that what follows it follows what came before. */
  readonly #leavesGaps: boolean;
  #root: Branch | undefined;
  #coalitions: readonly (readonly boolean[])[] = [];

  /** For up to `most` coalitions at a time. Release it in the end. */
  static async open(
    model: Model,
    request: TrieRequest,
    most: number,
    pauser: Pauser,
  ): Promise<CoalitionTrie> {
    const { dVocab } = model.config;
    const { topK = 0, value = "logProb", answers = [], tokenScores = false } = request;
    checkChain(request.chain, request, dVocab);
    checkValue(value, answers);
    answers.forEach(({ tokens }) => checkIds(tokens, dVocab));
    const edits = await ChainEdits.of(model, request.chain, request.edits, pauser);
    const { chain } = edits ?? request;
    const ask = { chain, topK, value, tokenScores, answers: value === "expected" ? answers : [] };
    const unedited = edits && edits.passes > 1 && { unedited: request.chain };
    const absent = await AbsentSteps.of(model, { ...request, chain, ...unedited }, pauser);
    const passes = new TriePasses(model, absent, ask, most * absent.samples, edits);
    return new CoalitionTrie(ask, absent, passes, pauser);
  }

  private constructor(
    private readonly ask: AnswerRequest,
    private readonly absent: AbsentSteps,
    private readonly passes: TriePasses,
    private readonly pauser: Pauser,
  ) {
    const texts = (step: number) =>
      absent.variants(step).map((variant) => absent.text(step, variant, []).tokens.length);
    this.#leavesGaps = ask.chain.steps.some(({ length }, step) => length > 0 && texts(step).includes(0));
  }

  get counts(): SegmentCounts {
    return this.passes.counts;
  }

  get evaluatedTokens(): number {
    return this.passes.evaluatedTokens;
  }

  /** For how many samples each coalition is valued. */
  get samples(): number {
    return this.absent.samples;
  }

  release(): void {
    this.passes.release();
  }

  /** Values in blocks, as they are known. One call at a time. */
  async *values(coalitions: readonly (readonly boolean[])[]): AsyncGenerator<CoalitionValue[]> {
    checkCoalitions(coalitions, this.ask.chain.steps.length);
    this.#coalitions = coalitions;
    this.#root ??= this.#prompt();
    const members = Array.from({ length: coalitions.length * this.samples }, (_, row) => row);
    yield* this.#descend([{ ...this.#root, members }], 0);
  }

  #prompt(): Branch {
    const { prompt, steps } = this.ask.chain;
    const branch: Branch = {
      ...{ context: EMPTY_CONTEXT, members: [], gone: [] },
      ...{ firsts: new Float64Array(), scores: [] },
    };
    const { next } = this.passes.compute(
      [{ branch, text: { tokens: prompt, skipped: 0 } }],
      -1,
      () => steps.length,
    );
    return next[0] ?? branch;
  }

  async *#descend(branches: readonly Branch[], step: number): AsyncGenerator<CoalitionValue[]> {
    if (branches.length === 0) return;
    await this.pauser.pause();
    if (step === this.ask.chain.steps.length) {
      yield await this.#answer(branches);
      return;
    }
    const groups = this.#groupsOf(branches, step);
    const together = groups.reduce((sum, { length }) => sum + length, 0) <= this.passes.width;
    for (const group of together ? [groups.flat()] : groups) {
      const { slots, next } = this.#advance(group, step);
      yield* this.#descend(
        next.filter(({ members }) => members.length > 0),
        step + 1,
      );
      this.passes.giveBack(slots);
    }
  }

  #isPresent(row: number, step: number): boolean {
    return this.#coalitions[Math.floor(row / this.samples)]?.[step] === true;
  }

  /** The branches' continuations by the text of the step, the original first: its scores belong to all. */
  #groupsOf(branches: readonly Branch[], step: number): Continuation[][] {
    const { chain, tokenScores } = this.ask;
    const original = chain.steps[step] ?? [];
    const groups = new Map(this.absent.variants(step).map((variant) => [variant, [] as Continuation[]]));
    for (const branch of branches) {
      const rows = this.#rowsByText(branch.members, step);
      // What the step's own tokens would be worth is asked where no coalition has the step, too.
      if (tokenScores && original.length > 1 && !rows.has(PRESENT)) rows.set(PRESENT, []);
      const rest = tokenScores ? restOf(original) : undefined;
      const scores = rest ? [...branch.scores, { before: branch.firsts, rest }] : branch.scores;
      for (const [variant, members] of rows) {
        const gone = this.absent.after(step, variant, branch.gone);
        groups.get(variant)?.push({
          branch: { ...branch, members, gone, scores },
          text: this.absent.text(step, variant, branch.gone),
          ...(rest && variant === PRESENT ? { rest } : {}),
        });
      }
    }
    return [...groups.values()].filter(({ length }) => length > 0);
  }

  #rowsByText(members: readonly number[], step: number): Map<number, number[]> {
    const rows = new Map<number, number[]>();
    for (const row of members) {
      const variant = this.absent.variant(step, this.#isPresent(row, step), row % this.samples);
      const list = rows.get(variant);
      if (list) list.push(row);
      else rows.set(variant, [row]);
    }
    return rows;
  }

  /** Computes the continuations that have tokens; the others only carry their context on. */
  #advance(group: readonly Continuation[], step: number): { slots: number[]; next: Branch[] } {
    const computed = group.filter(({ text }) => text.tokens.length > 0);
    const idle = group
      .filter(({ text }) => text.tokens.length === 0)
      .map(({ branch, text }) => ({ ...branch, context: skip(branch.context, text.skipped) }));
    if (computed.length === 0) return { slots: [], next: idle };
    const { slots, next } = this.passes.compute(computed, step, ({ members }) => this.#reach(members, step));
    return { slots, next: [...idle, ...next] };
  }

  /** The last part that may follow `step` directly in one of the rows. */
  #reach(members: readonly number[], step: number): number {
    const { steps } = this.ask.chain;
    const follows = (row: number) => {
      const part = steps.findIndex(
        ({ length }, i) => i > step && length > 0 && (!this.#leavesGaps || this.#isPresent(row, i)),
      );
      return part < 0 ? steps.length : part;
    };
    const rows = this.#leavesGaps ? members : members.slice(0, 1);
    return rows.reduce((most, row) => Math.max(most, follows(row)), step);
  }

  async #answer(branches: readonly Branch[]): Promise<CoalitionValue[]> {
    const { chain, value, answers, tokenScores } = this.ask;
    const read = await this.passes.answer(branches);
    return branches.flatMap(({ members, scores, firsts }, i) => {
      const answer = read[i];
      if (answer === undefined) throw new Error("a branch was not answered");
      const { logProbs, cue, top } = answer;
      const end = { before: firsts, rest: cue };
      const common = {
        top,
        logProb: logProbs.reduce((sum, one) => sum + one, 0),
        value: chainValue(value, answer, chain.answer, answers),
        ...(tokenScores ? { tokens: joinScores(chain, scores, end, logProbs) } : {}),
      };
      return members.map((row) => ({
        index: Math.floor(row / this.samples),
        sample: row % this.samples,
        ...common,
      }));
    });
  }
}
