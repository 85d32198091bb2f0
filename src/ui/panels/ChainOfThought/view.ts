/** What the panel shows, computed: rows of its tables, its caption, its exports. */
import type { AblationMode, ShapleyResult } from "../../../protocol/chain";
import type { ChainState } from "../../session/chain.svelte";
import type { Effect } from "../../session/effect";
import { formatSeconds } from "../../session/format";
import type { Session } from "../../session/session.svelte";

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
  readonly isReference: boolean;
}

const NO_TOKEN = 0xffffffff;
const SHOWN_ANSWERS = 6;

/** The most probable answers of both distributions, by the larger of their two probabilities. */
export function answerRows({ now, baseline, topTokens }: Effect, answer: string): AnswerRow[] {
  const probability = ({ top }: Effect["now"], id: number) => {
    const index = top.ids.indexOf(id);
    return index < 0 ? NaN : Math.exp(top.logProbs[index] ?? -Infinity);
  };
  const ids = [...new Set([...now.top.ids, ...baseline.top.ids])].filter((id) => id !== NO_TOKEN);
  const rows = ids.map((id) => {
    const text = topTokens.get(id) ?? String(id);
    return {
      id,
      text,
      now: probability(now, id),
      baseline: probability(baseline, id),
      isReference: text === answer.trim(),
    };
  });
  const size = ({ now: a, baseline: b }: AnswerRow) => Math.max(a || 0, b || 0);
  return rows.sort((a, b) => size(b) - size(a)).slice(0, SHOWN_ANSWERS);
}

export interface ResultRow {
  readonly step: number;
  readonly text: string;
  readonly present: boolean;
  readonly phi: number;
  readonly loo: number;
  /** log p(answer) with this and all earlier steps. */
  readonly earlyLogProb: number;
}

export function resultRows({ steps, shapley, effect }: ChainState): ResultRow[] {
  return steps.map(({ text, present }, i) => ({
    step: i + 1,
    text: text.trim(),
    present,
    phi: shapley?.phi[i] ?? NaN,
    loo: effect?.loo[i] ?? NaN,
    earlyLogProb: effect?.early[i + 1] ?? NaN,
  }));
}

/** What was measured, in one line: it goes under the panel and into every export. */
export function captionOf({ model, device, chain }: Session): string {
  if (!model) return "";
  const filler = chain.mode === "replace" ? ` with “${chain.fillerText.trim()}”` : "";
  return [
    `model ${model.name} (${model.architecture}, ${model.precision}, SHA-256 ${model.sha256.slice(0, 12)}…)`,
    `absent steps: ${chain.mode}${filler}`,
    `value: log p(answer), nats, teacher-forced`,
    `n = ${chain.steps.length} steps`,
    device ? `device ${device.kind === "webgpu" ? device.label : "CPU"}` : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

export function secondsLeft(result: ShapleyResult | undefined): string {
  if (!result || result.coalitionsDone === 0) return "";
  const perCoalition = result.elapsedMs / 1000 / result.coalitionsDone;
  return ` · ${formatSeconds(perCoalition * (result.coalitions - result.coalitionsDone))} left`;
}
