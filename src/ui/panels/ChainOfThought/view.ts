/** What the panel shows, computed: rows of its tables, its caption. */
import type { AblationMode, ChainGameResult } from "../../../protocol/chain";
import { leastScale } from "../../charts/fullScale";
import { signedDomain } from "../../charts/signedScale";
import type { ChainState } from "../../state/chain/chain.svelte";
import { ESTIMATOR_WORDS, VALUE_WORDS, valueOf } from "../../../client/chain/chainSettings";
import { NO_TOKEN, type Effect } from "../../../client/chain/effect";
import { captionOf as sessionCaption } from "../../state/caption";
import { formatSeconds } from "../../../client/format";
import type { Session } from "../../state/session.svelte";

export const MODE_SENTENCES: Readonly<Record<AblationMode, string>> = {
  delete: "Deleted text shifts later positions.",
  mask: "Keys of absent steps are hidden from every later token; positions stay.",
  replace: "Each token of an absent step becomes the filler; positions stay.",
  mean: "The embedding of each token becomes the mean of the chain's; positions stay.",
  resample: "The model writes the step again; values are means over the samples.",
  symbol: "Numbers that first appear in the step become a symbol, there and in every repeat.",
};

export interface AnswerRow {
  readonly id: number;
  readonly text: string;
  readonly now: number;
  readonly baseline: number;
  /** As now, without the edits; NaN where none is on. */
  readonly unedited: number;
  readonly isReference: boolean;
}

const SHOWN_ANSWERS = 6;

/** The most probable answers of both distributions, by the larger of their two probabilities. */
export function answerRows({ now, baseline, unedited, topTokens }: Effect, answer: string): AnswerRow[] {
  const probability = (one: Effect["now"] | undefined, id: number) => {
    const index = one?.top.ids.indexOf(id) ?? -1;
    return index < 0 ? NaN : Math.exp(one?.top.logProbs[index] ?? -Infinity);
  };
  const known = [now, baseline, unedited?.now].flatMap((one) => (one ? [...one.top.ids] : []));
  const ids = [...new Set(known)].filter((id) => id !== NO_TOKEN);
  const rows = ids.map((id) => {
    const text = topTokens.get(id) ?? String(id);
    return {
      id,
      text,
      now: probability(now, id),
      baseline: probability(baseline, id),
      unedited: probability(unedited?.now, id),
      isReference: text === answer.trim(),
    };
  });
  const size = (row: AnswerRow) => Math.max(row.now || 0, row.baseline || 0, row.unedited || 0);
  return rows.sort((a, b) => size(b) - size(a)).slice(0, SHOWN_ANSWERS);
}

export interface ResultRow {
  readonly step: number;
  readonly text: string;
  readonly present: boolean;
  readonly phi: number;
  /** Bounds of a 95 % interval; equal to phi where it is exact. */
  readonly low: number;
  readonly high: number;
  readonly loo: number;
  /** Both without the edits; NaN where none is on. */
  readonly phiUnedited: number;
  readonly looUnedited: number;
  /** log p(answer) with this and all earlier steps. */
  readonly earlyLogProb: number;
}

export function resultRows({ steps, game, effect }: ChainState): ResultRow[] {
  const { values, low, high } = game.result?.phi ?? {};
  const [phi, lows, highs] = [values, low, high].map((list) => game.perStep(list));
  // A game has it, too, where the chain is too long for it at once.
  const bare = game.perStep(game.unedited?.phi.values);
  const bareAlone = effect?.unedited?.loo.length
    ? effect.unedited.loo
    : game.perStep(game.unedited?.leaveOneOut);
  const alone = effect?.loo.length ? effect.loo : game.perStep(game.result?.leaveOneOut);
  return steps.map(({ text, present }, i) => ({
    step: i + 1,
    text: text.trim(),
    present,
    phi: phi?.[i] ?? NaN,
    low: lows?.[i] ?? NaN,
    high: highs?.[i] ?? NaN,
    loo: alone[i] ?? NaN,
    ...{ phiUnedited: bare[i] ?? NaN, looUnedited: bareAlone[i] ?? NaN },
    earlyLogProb: effect?.early[i + 1] ?? NaN,
  }));
}

/** A step worth a nat changes how likely the answer is e times: bars of much smaller effects stay small. */
const LEAST_STEP_NATS = 1;

/** The axis that all steps share, with their intervals and what they are worth alone. */
export const stepDomain = (rows: readonly ResultRow[], unit: string) =>
  signedDomain(
    rows.flatMap(({ phi, low, high, loo }) => [phi, low, high, loo]),
    unit === "nats" ? LEAST_STEP_NATS : leastScale(unit),
  );

/** "nats": the unit of every value shown. */
export const unitOf = ({ settings }: Pick<ChainState, "settings">) => VALUE_WORDS[valueOf(settings)].unit;

/** The game behind the numbers: how it was estimated, from how much. */
export function gameWords(result: ChainGameResult | undefined): string[] {
  if (!result) return [];
  const { estimator, coalitionsDone, coalitions, seed } = result;
  const n = result.phi.values.length;
  const count = coalitionsDone.toLocaleString("en");
  if (estimator === "exact")
    return [
      coalitionsDone === coalitions
        ? `exact over ${count} coalitions of ${n} players`
        : `${count} of ${coalitions.toLocaleString("en")} coalitions of ${n} players so far`,
    ];
  return [
    `${ESTIMATOR_WORDS[estimator]}, ${count} of ${shortPower(n)} coalitions of ${n} players, seed ${seed}, 95 % intervals`,
  ];
}

const shortPower = (n: number) => (n <= 20 ? (2 ** n).toLocaleString("en") : `2^${n}`);

/** How absent steps are taken away, and what is valued. */
export function experimentWords({ chain }: Pick<Session, "chain">): string[] {
  const { mode, fillerText, settings } = chain;
  const filler = mode === "replace" || mode === "symbol" ? ` with “${fillerText.trim()}”` : "";
  const samples =
    mode === "resample"
      ? ` (n = ${settings.samples} samples, temperature ${settings.temperature}, seed ${settings.seed})`
      : "";
  const { name, unit } = VALUE_WORDS[valueOf(settings)];
  const over = valueOf(settings) === "expected" ? ` (${settings.answers})` : "";
  return [
    `absent steps: ${mode}${filler}${samples}`,
    `value: ${name}${over}, ${unit}, teacher-forced`,
    `n = ${chain.steps.length} ${chain.steps.length === 1 ? "step" : "steps"}`,
  ];
}

/** What was measured, in one line: it goes under every chart and into every export. */
export function captionOf(session: Session, parts: readonly string[] = []): string {
  const { chain, edits } = session;
  return sessionCaption(session, [
    ...experimentWords(session),
    ...(chain.mode === "resample" && edits.active.length > 0
      ? ["what stands in for absent steps was written without the edits"]
      : []),
    ...gameWords(chain.game.result),
    ...parts,
  ]);
}

export function secondsLeft(result: ChainGameResult | undefined): string {
  if (!result || result.coalitionsDone === 0) return "";
  const perCoalition = result.elapsedMs / 1000 / result.coalitionsDone;
  return ` · ${formatSeconds(perCoalition * (result.coalitions - result.coalitionsDone))} left`;
}

/** Sets of present steps as a number: bit i is step i + 1. */
export const coalitionOf = (present: readonly boolean[]) =>
  present.reduce((sum, is, i) => sum + (is ? 2 ** i : 0), 0);

/** "steps 1, 3 and 4", "none". */
export function presentWords(present: readonly boolean[]): string {
  const steps = present.flatMap((is, i) => (is ? [i + 1] : []));
  if (steps.length === 0) return "no step";
  if (steps.length === present.length) return "all steps";
  if (steps.length === 1) return `step ${steps[0]}`;
  return `steps ${steps.slice(0, -1).join(", ")} and ${steps.at(-1)}`;
}

export interface TokenChange {
  readonly text: string;
  readonly present: boolean;
  /** log p, nats. */
  readonly now: number;
  readonly baseline: number;
  readonly change: number;
}

/** The tokens behind the prompt; nothing while the numbers are a recording. */
export function tokenChanges({ tokens, now, baseline }: Effect, present: readonly boolean[]): TokenChange[] {
  return tokens.map(({ text, step }, i) => {
    const [a, b] = [now.tokens?.[i] ?? NaN, baseline.tokens?.[i] ?? NaN];
    return { text, present: present[step] ?? true, now: a, baseline: b, change: a - b };
  });
}

/** Steps of about a word each are shown as running text. */
export function isFine(steps: readonly { readonly text: string }[]): boolean {
  const words = steps.reduce((sum, { text }) => sum + (text.trim().match(/\S+/g)?.length ?? 0), 0);
  return steps.length > 3 && words < 1.5 * steps.length;
}
