/**
 * A stack of edits on one text, for rows that read parts of it, or other tokens in their place.
 *
 *   1. edits name positions of the text; they are resolved once, on that text: what comes from other prompts keeps the
 *      positions that it has there
 *   2. every token of a row has an origin, its position in the text (interp/rowContext.ts), so an edit meets the same
 *      tokens wherever they stand. A token that the text has not stands behind one that it has: no list names it, and a
 *      range from one on reaches it as it reaches the token before
 *   3. replaced tokens are part of the text
 *   4. frozen patterns and norms are those of the same row without edits, which is computed beside it (edits/frozen.ts).
 *      An edit of a site that is frozen later in the stack does nothing there, nor does one of the scores that a frozen
 *      pattern would have been made of
 */
import type { Pauser } from "../../../protocol/cancel";
import type { Edit, Intervention } from "../../../protocol/interventions";
import type { Site } from "../../../protocol/sites";
import type { Model } from "../../models/model";
import { frozenSites } from "../interventions/freeze";
import { resolveEdits } from "../interventions/index";
import type { RowContext, Segment } from "../batch/rowContext";
import { isUndone } from "../edits/siteStages";

/** A token that the text has not stands behind one that it has, before the next. */
export const BEHIND = 0.5;

export class TextEdits {
  private constructor(
    /** With its tokens replaced. */
    readonly text: readonly number[],
    private readonly original: readonly number[],
    private readonly interventions: readonly Intervention[],
    private readonly frozen: ReadonlySet<Site>,
  ) {}

  /** Undefined where no edit is on. */
  static async of(
    model: Model,
    text: readonly number[],
    edits: readonly Edit[] = [],
    pauser?: Pauser,
  ): Promise<TextEdits | undefined> {
    const on = edits.filter((edit) => edit.on);
    if (on.length === 0) return undefined;
    const replacing = on.filter(({ kind }) => kind === "token");
    const { tokens } = await resolveEdits(model, { tokens: text, edits: replacing }, pauser);
    const frozen = new Set<Site>();
    let interventions: Intervention[] = [];
    for (const edit of on) {
      if (edit.kind === "freeze") {
        const sites = new Set(frozenSites(edit, model));
        interventions = interventions.filter((one) => !isUndone(model, one, sites));
        for (const site of sites) frozen.add(site);
      } else if (edit.kind !== "token") {
        const resolved = await resolveEdits(model, { tokens, edits: [edit] }, pauser);
        interventions.push(...resolved.interventions);
      }
    }
    return new TextEdits(tokens, text, interventions, frozen);
  }

  /** How many rows are computed for one that is asked: frozen sites need it without edits, too. */
  get passes(): number {
    return this.frozen.size > 0 ? 2 : 1;
  }

  /**
   * Tokens after a context. `own` are changes that are no edits: they are there without edits, too, as are tokens that
   * stand in for the text's own.
   */
  segment(
    context: RowContext,
    tokens: readonly number[],
    origins: readonly number[],
    own: readonly Intervention[] = [],
    standIns: readonly boolean[] = [],
  ): Segment {
    return {
      ...{ context, tokens, origins, interventions: [...own, ...this.interventions] },
      ...(this.frozen.size > 0 && {
        frozen: this.frozen,
        unedited: { tokens: this.#originals(tokens, origins, standIns), interventions: own },
      }),
    };
  }

  /** One written token after a context; the text has it not. */
  written(context: RowContext, token: number): Segment {
    return this.segment(context, [token], [nextOrigin(context) + BEHIND]);
  }

  /** The same with every replaced token as it was. */
  #originals(tokens: readonly number[], origins: readonly number[], standIns: readonly boolean[]): number[] {
    return tokens.map((token, i) => {
      const at = origins[i] ?? -1;
      return token === this.text[at] && !standIns[i] ? (this.original[at] ?? token) : token;
    });
  }
}

/** The position of the text that follows what a context has read. */
export function nextOrigin({ origins, positions }: RowContext): number {
  const last = (origins ?? positions).at(-1);
  return last === undefined ? 0 : Math.floor(last) + 1;
}
