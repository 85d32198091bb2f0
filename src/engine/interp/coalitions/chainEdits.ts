/**
 * A stack of edits on a chain whose steps may be absent. Edits name positions of the whole text: prompt, steps, cue and
 * answer, with every step present (interp/textEdits.ts). What stands in for an absent step:
 *
 *   delete                  has no tokens
 *   mask                    has none that is computed; positions stay
 *   replace, mean, symbol   stands at the positions of what it replaces
 *   resample                is other tokens: no list of positions names them, ranges from one on reach them as they reach
 *                           the step's own
 *
 * Other answers that are scored stand at the answer's positions. A token of the answer may not be replaced: it is what is
 * scored. What a token's edits are follows from its part of the chain alone, so rows that share a prefix share its edits.
 */
import type { Pauser } from "../../../protocol/cancel";
import type { ChainTokens } from "../../../protocol/chain";
import { VitrineError } from "../../../protocol/errors";
import type { Edit } from "../../../protocol/interventions";
import { withTokenEdits } from "../../../protocol/tokenEdits";
import type { Model } from "../../models/model";
import type { StepText } from "./stepAblation";
import type { RowContext, Segment } from "../batch/rowContext";
import { BEHIND, TextEdits } from "./textEdits";

export class ChainEdits {
  readonly #starts: readonly number[];

  private constructor(
    /** As it reads with its tokens replaced. */
    readonly chain: ChainTokens,
    private readonly onText: TextEdits,
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
    const text = wholeText(chain);
    checkAnswer(chain, text.length, edits);
    const onText = await TextEdits.of(model, text, edits, pauser);
    return onText && new ChainEdits(withTokenEdits(chain, edits), onText);
  }

  get passes(): number {
    return this.onText.passes;
  }

  /**
   * What is read of a part after a context: -1 the prompt, then the steps, then the cue with the answer. `first`: how many
   * of the part's tokens stand before.
   */
  segment(
    part: number,
    context: RowContext,
    { tokens, interventions, isWritten, standIns }: Partial<StepText> & Pick<StepText, "tokens">,
    first = 0,
  ): Segment {
    const start = (this.#starts[part + 1] ?? 0) + first;
    const last = Math.max(1, this.chain.steps[part]?.length ?? 0) - 1;
    const origins = tokens.map((_, i) => start + (isWritten ? Math.min(i, last) + BEHIND : i));
    return this.onText.segment(context, tokens, origins, interventions, standIns);
  }

  /** A token that the model wrote after a context. */
  written(context: RowContext, token: number): Segment {
    return this.onText.written(context, token);
  }
}

export const wholeText = ({ prompt, steps, answerPrefix, answer }: ChainTokens) => [
  ...prompt,
  ...steps.flat(),
  ...answerPrefix,
  ...answer,
];

function checkAnswer({ answer }: ChainTokens, length: number, edits: readonly Edit[]): void {
  for (const edit of edits) {
    if (!edit.on || edit.kind !== "token" || edit.position < length - answer.length) continue;
    throw new VitrineError(
      "Unsupported",
      `An edit puts “${edit.text}” at position ${edit.position}, which belongs to the answer that is scored; switch it off, and type the other answer instead.`,
    );
  }
}
