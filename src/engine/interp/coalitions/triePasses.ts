/**
 * The passes behind the coalition trie: computes the texts that branches go on with, reads the answer at their ends,
 * and keeps account of both. Scores of tokens are read back with the next answer: a pass in between is not waited for.
 */
import type { SegmentCounts } from "../../../protocol/chain";
import type { Model } from "../../models/model";
import { cacheBytesPerToken, makeCache } from "../../models/sizes";
import type { KeyValueCache } from "../../ops/keyValueCache";
import type { AbsentSteps, StepText } from "./stepAblation";
import type { ChainEdits } from "./chainEdits";
import { answerSlots, readAnswers, type AnswerRequest, type BranchAnswer } from "./answerPass";
import { recordForward, type PendingForward } from "../pass/forwardPass";
import { skip, type RowContext, type Segment } from "../batch/rowContext";
import { askFirsts, askRest, type FirstTokens, type SegmentScores, type StepScores } from "./tokenScores";

/** Branches evaluated together: past 30 to 70 rows a GPU is bound by arithmetic, more only costs memory. */
const MAX_WIDTH = 64;
/** What the key-value cache of one evaluation may take. */
const CACHE_BUDGET_BYTES = 512 * 1024 * 1024;

/** A distinct prefix: its context, and the rows (a coalition and a sample) that begin with it. */
export interface Branch {
  readonly context: RowContext;
  readonly members: readonly number[];
  /** Absent steps that change later texts. */
  readonly gone: readonly number[];
  /** Of the last token computed; if token scores are asked. */
  readonly firsts: FirstTokens;
  readonly scores: readonly StepScores[];
}

/** What a branch goes on with. */
export interface Continuation {
  readonly branch: Branch;
  readonly text: StepText;
  /** Where the scores of the text's own tokens go, if it is the original and scores are asked. */
  readonly rest?: Float64Array;
}

export class TriePasses {
  /** Branches that the cache has room for at a time. */
  readonly width: number;
  readonly #counts: { prompt: number; steps: number[]; answer: number };
  readonly #cache: KeyValueCache;
  /** Passes whose scores nobody has read yet. */
  #pending: { readonly pass: PendingForward; take(scores: Float32Array): void }[] = [];
  #evaluatedTokens = 0;

  constructor(
    private readonly model: Model,
    private readonly absent: AbsentSteps,
    private readonly ask: AnswerRequest,
    /** Rows of one evaluation. */
    rows: number,
    private readonly edits?: ChainEdits,
  ) {
    const { chain, answers } = ask;
    this.#counts = { prompt: 0, steps: chain.steps.map(() => 0), answer: 0 };
    const perBranch = chain.steps
      .map((_, step) => absent.longest(step))
      .reduce((sum, length) => sum + length, answerSlots(chain, answers));
    const passes = edits?.passes ?? 1;
    const slotBytes = cacheBytesPerToken(model.config) * passes;
    const affordable = Math.floor(CACHE_BUDGET_BYTES / slotBytes / perBranch);
    this.width = Math.max(2, Math.min(MAX_WIDTH, rows, affordable));
    const slots = (chain.prompt.length + this.width * perBranch) * passes;
    this.#cache = makeCache(model, slots);
  }

  get counts(): SegmentCounts {
    return structuredClone(this.#counts);
  }

  get evaluatedTokens(): number {
    return this.#evaluatedTokens;
  }

  giveBack(slots: readonly number[]): void {
    this.#cache.giveBack(slots);
  }

  /** Frees the cache, and what was left unread by work that was cancelled or failed. */
  release(): void {
    for (const { pass } of this.#pending.splice(0)) pass.release();
    this.#cache.release();
  }

  /**
   * Computes the texts of `step` (-1: the prompt), one for each continuation. `reach` says up to which part the first
   * tokens of parts may follow directly.
   */
  compute(
    group: readonly Continuation[],
    step: number,
    reach: (branch: Branch) => number,
  ): { slots: number[]; next: Branch[] } {
    const { chain, tokenScores } = this.ask;
    const original = chain.steps[step] ?? [];
    const firsts = group.map(({ branch, text }, segment) =>
      tokenScores ? askFirsts(chain, segment, text.tokens.length - 1, step, reach(branch)) : undefined,
    );
    const rests = group.map(({ rest }, segment) => rest && askRest(original, segment, rest));
    const lists = [...firsts, ...rests].filter((list): list is SegmentScores => list !== undefined);
    const segments = group.map(({ branch, text }) => this.#segment(branch.context, text, step));
    const pass = recordForward(this.model, this.#cache, segments, {
      score: lists.flatMap(({ asks }) => asks),
    });
    this.#evaluatedTokens += pass.taken.length;
    if (step < 0) this.#counts.prompt++;
    else this.#counts.steps[step] = (this.#counts.steps[step] ?? 0) + group.length;
    this.#readLater(pass, lists);
    const next = group.map(({ branch, text }, i) => ({
      ...branch,
      context: skip(pass.contexts[i] ?? branch.context, text.skipped),
      firsts: firsts[i]?.firsts ?? branch.firsts,
    }));
    return { slots: [...pass.taken], next };
  }

  #segment(context: RowContext, text: StepText, step: number): Segment {
    return this.edits ? this.edits.segment(step, context, text) : { context, ...text };
  }

  #readLater(pass: PendingForward, lists: readonly SegmentScores[]): void {
    if (lists.every(({ asks }) => asks.length === 0)) {
      pass.release();
      return;
    }
    const take = (values: Float32Array) => {
      let at = 0;
      for (const list of lists) list.take(values.subarray(at, (at += list.asks.length)));
    };
    this.#pending.push({ pass, take });
  }

  /** The answers of branches; with them all token scores asked before are known. */
  async answer(branches: readonly Branch[]): Promise<BranchAnswer[]> {
    const pending = this.#pending.splice(0);
    const ends = branches.map(({ context, gone }) => {
      const { tokens: prefix, standIns } = this.absent.answerPrefix(gone);
      return { context, prefix, ...(standIns && { standIns }) };
    });
    const passes = pending.map(({ pass }) => pass);
    const read = await readAnswers(this.model, this.#cache, this.ask, ends, passes, this.edits);
    pending.forEach(({ take }, i) => take(read.earlier[i] ?? new Float32Array()));
    this.#evaluatedTokens += read.evaluatedTokens;
    this.#counts.answer += branches.length;
    return read.answers;
  }
}
