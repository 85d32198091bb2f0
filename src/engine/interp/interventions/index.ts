/**
 * From a stack of edits to what a run is given: tokens are replaced first, then every other edit becomes
 * interventions, in order. Values that edits take from other prompts are captured from the model without edits.
 */
import { NEVER_CANCELLED, type Pauser } from "../../../protocol/cancel";
import { VitrineError } from "../../../protocol/errors";
import type { Edit, EditedPrompt, Intervention } from "../../../protocol/interventions";
import type { Model } from "../../models/model";
import { add } from "./add";
import { freeze } from "./freeze";
import { knockOut } from "./knockOut";
import { latent } from "./latent";
import { mask } from "./mask";
import { mean } from "./mean";
import { patch } from "./patch";
import { resample } from "./resample";
import type { EditContext, Resolve } from "./resolve";
import { scale } from "./scale";
import { score } from "./score";
import { zero } from "./zero";

type OnActivations = Exclude<Edit["kind"], "token">;

const KINDS: { readonly [K in OnActivations]: Resolve<K> } = {
  zero,
  mean,
  resample,
  patch,
  scale,
  add,
  knockOut,
  mask,
  score,
  freeze,
  latent,
};

/** What one row of a run is given. */
export interface ResolvedPrompt {
  readonly tokens: readonly number[];
  readonly interventions: readonly Intervention[];
}

function replaceTokens(tokens: readonly number[], edits: readonly Edit[], dVocab: number): number[] {
  const replaced = [...tokens];
  for (const edit of edits) {
    if (edit.kind !== "token") continue;
    const { position, token } = edit;
    if (!(position >= 0 && position < tokens.length && token >= 0 && token < dVocab)) {
      throw new VitrineError(
        "Unsupported",
        `An edit puts token ${token} at position ${position}; there are positions 0 to ${tokens.length - 1} and tokens 0 to ${dVocab - 1}.`,
      );
    }
    replaced[position] = token;
  }
  return replaced;
}

/** Edits that are off do nothing. */
export async function resolveEdits(
  model: Model,
  { tokens: baseline, edits: all = [] }: EditedPrompt,
  pauser: Pauser = NEVER_CANCELLED,
): Promise<ResolvedPrompt> {
  const edits = all.filter(({ on }) => on);
  const tokens = replaceTokens(baseline, edits, model.config.dVocab);
  const context: EditContext = { model, baseline, tokens, pauser };
  const interventions: Intervention[] = [];
  for (const edit of edits) {
    if (edit.kind === "token") continue;
    // Each kind's function takes exactly that kind: the table says so, but not to the compiler.
    const resolve = KINDS[edit.kind] as (
      edit: Edit,
      context: EditContext,
    ) => Intervention[] | Promise<Intervention[]>;
    interventions.push(...(await resolve(edit, context)));
  }
  return { tokens, interventions };
}
