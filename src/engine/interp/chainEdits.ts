/**
 * A stack of edits on a chain whose steps may be absent.
 *
 *   1. edits name positions of the whole text: prompt, steps, cue, answer, with every step present. They are resolved
 *      once, on that text: what comes from other prompts keeps the positions that it has there
 *   2. replaced tokens are part of the text: every coalition reads the chain with them. A token of the answer may not be
 *      replaced, because the answer is what is scored
 *   3. every token of a coalition's row has an origin, its position in the whole text (interp/rowContext.ts), so an edit
 *      meets the same tokens in every row, wherever they stand there. What stands in for an absent step:
 *        delete            has no tokens
 *        mask              has none that is computed; positions stay
 *        replace, mean, symbol   stands at the positions of what it replaces
 *        resample          is other tokens: no position names them, ranges from one on reach them as they reach the step
 *      Other answers that are scored stand at the answer's positions
 *
 *   4. frozen patterns and norms are those of the same row without edits, whatever steps it has: that row is computed
 *      beside it (interp/frozen.ts). An edit of a site that is frozen later in the stack does nothing there
 *
 * What a token's edits are follows from its part of the chain alone, so rows that share a prefix share its edits.
 */
import type { Pauser } from "../../protocol/cancel";
import type { ChainTokens } from "../../protocol/chain";
import { VitrineError } from "../../protocol/errors";
import type { Edit, Intervention } from "../../protocol/interventions";
import type { Site } from "../../protocol/sites";
import { withTokenEdits } from "../../protocol/tokenEdits";
import type { Model } from "../models/model";
import { frozenSites } from "./interventions/freeze";
import { resolveEdits } from "./interventions/index";
import type { RowContext, Segment } from "./rowContext";
import { changedSite } from "./siteStages";

/** What is read of a part. */
export interface PartText {
  readonly tokens: readonly number[];
  /** How many tokens of the part stand before them. */
  readonly first?: number;
  /** Changes that are no edits: they are there without edits, too. */
  readonly interventions?: readonly Intervention[];
  /** Where they are not the part's own: fillers at its positions, or other tokens without a position. */
  readonly standsIn?: "fillers" | "other tokens";
}

/** The part of a chain that a token belongs to: -1 the prompt, then the steps, then the cue with the answer. */
export type PartIndex = number;

export class ChainEdits {
  readonly #starts: readonly number[];

  private constructor(
    /** As it reads with its tokens replaced. */
    readonly chain: ChainTokens,
    private readonly original: ChainTokens,
    readonly interventions: readonly Intervention[],
    private readonly frozen: ReadonlySet<Site>,
  ) {
    let at = 0;
    this.#starts = [chain.prompt, ...chain.steps, []].map((part) => (at += part.length) - part.length);
  }

  /** Undefined where no edit is on. */
  static async of(
    model: Model,
    chain: ChainTokens,
    edits: readonly Edit[] = [],
    pauser?: Pauser,
  ): Promise<ChainEdits | undefined> {
    const on = edits.filter((edit) => edit.on);
    if (on.length === 0) return undefined;
    const tokens = wholeText(chain);
    checkAnswer(chain, tokens.length, on);
    const replaced = await resolveEdits(model, {
      tokens,
      edits: on.filter(({ kind }) => kind === "token"),
    });
    const frozen = new Set<Site>();
    let interventions: Intervention[] = [];
    for (const edit of on) {
      if (edit.kind === "freeze") {
        const sites = new Set(frozenSites(edit, model));
        interventions = interventions.filter((one) => !sites.has(changedSite(model, one)));
        for (const site of sites) frozen.add(site);
      } else if (edit.kind !== "token") {
        const resolved = await resolveEdits(model, { tokens: replaced.tokens, edits: [edit] }, pauser);
        interventions.push(...resolved.interventions);
      }
    }
    return new ChainEdits(withTokenEdits(chain, on), chain, interventions, frozen);
  }

  /** How many rows are computed for one that is asked: frozen sites need it without edits, too. */
  get passes(): number {
    return this.frozen.size > 0 ? 2 : 1;
  }

  /** Tokens of a part, or of what stands in its place, after a context. */
  segment(part: PartIndex, context: RowContext, text: PartText): Segment {
    const { tokens, first = 0, interventions = [], standsIn } = text;
    const isWritten = standsIn === "other tokens";
    const origins = isWritten
      ? this.writtenOrigins(part, tokens.length)
      : this.origins(part, first + tokens.length).slice(first);
    return {
      ...{ context, tokens, origins, interventions: [...interventions, ...this.interventions] },
      ...(this.frozen.size > 0 && {
        frozen: this.frozen,
        unedited: { tokens: standsIn ? tokens : this.#originals(part, tokens, first), interventions },
      }),
    };
  }

  /** The same with every replaced token as it was. */
  #originals(part: PartIndex, tokens: readonly number[], first: number): number[] {
    const of = ({ prompt, steps, answerPrefix, answer }: ChainTokens) =>
      part < 0 ? prompt : (steps[part] ?? [...answerPrefix, ...answer]);
    const [read, original] = [of(this.chain), of(this.original)];
    return tokens.map((token, i) => (token === read[first + i] ? (original[first + i] ?? token) : token));
  }

  /** Of `count` tokens of a part, or of what stands there in its place. */
  origins(part: PartIndex, count: number): number[] {
    const start = this.#starts[part + 1] ?? 0;
    return Array.from({ length: count }, (_, i) => start + i);
  }

  /** Of `count` tokens that were written in a step's place: each behind one of the step's, the last for all that are more. */
  writtenOrigins(step: number, count: number): number[] {
    const last = Math.max(1, this.chain.steps[step]?.length ?? 0) - 1;
    const start = this.#starts[step + 1] ?? 0;
    return Array.from({ length: count }, (_, i) => start + Math.min(i, last) + BEHIND);
  }
}

/** A token that the text has not stands behind one that it has, before the next. */
export const BEHIND = 0.5;

export const wholeText = ({ prompt, steps, answerPrefix, answer }: ChainTokens) => [
  ...prompt,
  ...steps.flat(),
  ...answerPrefix,
  ...answer,
];

function checkAnswer({ answer }: ChainTokens, length: number, edits: readonly Edit[]): void {
  for (const edit of edits) {
    if (edit.kind !== "token" || edit.position < length - answer.length) continue;
    throw new VitrineError(
      "Unsupported",
      `An edit puts “${edit.text}” at position ${edit.position}, which belongs to the answer that is scored; switch it off, and type the other answer instead.`,
    );
  }
}
