/**
 * From a stack of edits to what a run is given: tokens are replaced first, then every other edit becomes
 * interventions, in order. Values that edits take from other prompts are captured from the model without edits.
 */
import { NEVER_CANCELLED, type Pauser } from "../../../protocol/cancel";
import type { EditedPrompt, EditKind, EditsOfText, Intervention } from "../../../protocol/interventions";
import type { Model } from "../../models/model";
import { add } from "./add";
import { rowValues } from "./donors";
import { freeze, frozenSites, inPlace } from "./freeze";
import { knockOut } from "./knockOut";
import { latent } from "./latent";
import { mask } from "./mask";
import { mean } from "./mean";
import { patch } from "./patch";
import { resample } from "./resample";
import { rebased } from "./rebase";
import type { EditContext, Resolve } from "./resolve";
import { scale } from "./scale";
import { score } from "./score";
import { replaceTokens, token } from "./token";
import { zero } from "./zero";

const KINDS: { readonly [K in EditKind]: Resolve<K> } = {
  zero,
  mean,
  resample,
  patch,
  scale,
  add,
  knockOut,
  mask,
  score,
  token,
  freeze,
  latent,
};

/** What one row of a run is given. */
export interface ResolvedPrompt {
  readonly tokens: readonly number[];
  readonly interventions: readonly Intervention[];
}

/** Edits that are off do nothing. */
export async function resolveEdits(
  model: Model,
  { under, ...prompt }: EditedPrompt,
  pauser: Pauser = NEVER_CANCELLED,
): Promise<ResolvedPrompt> {
  const own = await resolveOwn(model, prompt, pauser);
  return under?.edits.some(({ on }) => on) ? resolveUnder(model, own, under, pauser) : own;
}

/** Edits of a text, on a row that has parts of it. */
async function resolveUnder(
  model: Model,
  own: ResolvedPrompt,
  { edits, text, origins, hidden = [] }: EditsOfText,
  pauser: Pauser,
): Promise<ResolvedPrompt> {
  const isOn = edits.filter(({ on }) => on);
  const whole = replaceTokens(text, isOn, model.config.dVocab);
  const row = { origins, hidden: new Set(hidden) };
  const interventions: Intervention[] = [];
  for (const edit of isOn) {
    if (edit.kind === "freeze") {
      const sites = frozenSites(edit, model);
      interventions.push(...inPlace(sites, await rowValues(model, own, sites), own.tokens.length));
      continue;
    }
    const { interventions: named } = await resolveOwn(model, { tokens: whole, edits: [edit] }, pauser);
    interventions.push(...named.map((one) => rebased(model.config, one, row)));
  }
  // Keys that the row itself hides stay hidden, whatever an edit does to their scores.
  const [hides, others] = [true, false].map((is) =>
    own.interventions.filter(({ kind }) => (kind === "knockOut") === is),
  );
  return {
    tokens: own.tokens.map((token, i) => {
      const at = origins[i] ?? -1;
      return token === text[at] ? (whole[at] ?? token) : token;
    }),
    interventions: [...(others ?? []), ...interventions, ...(hides ?? [])],
  };
}

async function resolveOwn(
  model: Model,
  { tokens: baseline, edits: all = [] }: EditedPrompt,
  pauser: Pauser,
): Promise<ResolvedPrompt> {
  const edits = all.filter(({ on }) => on);
  const tokens = replaceTokens(baseline, edits, model.config.dVocab);
  const context: EditContext = { model, baseline, tokens, pauser };
  const interventions: Intervention[] = [];
  for (const edit of edits) {
    // Each kind's function takes exactly that kind: the table says so, but not to the compiler.
    const resolve = KINDS[edit.kind] as Resolve<EditKind>;
    interventions.push(...(await resolve(edit, context)));
  }
  return { tokens, interventions };
}
