/** What is drawn of scores by token: units, the bars, how far they are from runs, sums by step. */
import type {
  Agreement,
  TokenAttributionResult,
  TokenScores,
} from "../../../protocol/gradients/attributions";
import type { ChainGameResult } from "../../../protocol/chain";
import { spearman } from "../../../statistics/rankCorrelation";
import { formatNumber, formatSigned } from "../../../client/format";
import { tokenLabel } from "../../../client/tokens/tokenText";
import type { BarColumn } from "../../charts/barColumns";
import type { BarItem } from "../../charts/barListSvg";
import type { DataTable } from "../../charts/dataTable";
import { leastScale } from "../../charts/fullScale";
import { METHOD_NAMES, METHODS, type Method, type Order } from "./settings";

export type Unit = "nats" | "logits";

/** Saliency is per unit of length of an embedding. */
export const unitOf = (unit: Unit, method: Method): string => (method === "saliency" ? `${unit}/len` : unit);

/** Whether a method's scores are there. */
export const scoresAre = (tokens: TokenScores, method: Method): boolean =>
  tokens[method].length > 0 && tokens[method].every(Number.isFinite);

/** What is wrong with the gradient that a method rests on: then it has no result. */
export function alarmWords({ alarms }: Pick<TokenAttributionResult, "alarms">, method: Method) {
  const alarm = alarms.find(({ at }) => (at === "path") === (method === "integrated"));
  if (!alarm) return undefined;
  const what =
    alarm.kind === "allZero"
      ? "The gradient at the embeddings is nothing but zeros, so it says nothing: this device may have lost it, or the model is so sure that nothing near by changes it."
      : "The gradient at the embeddings is not finite, so it says nothing.";
  return `${what} Name a token under “minus” to take a logit difference, or choose the CPU as the device.`;
}

/** "log p of “5”", "logit of “5” − logit of “7”". */
export function scalarWords(target: string, minus: string | undefined): string {
  const quoted = (text: string) => `“${tokenLabel(text)}”`;
  return minus === undefined
    ? `log p of ${quoted(target)}`
    : `logit of ${quoted(target)} − logit of ${quoted(minus)}`;
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** What the scores add up to, and what they ought to. */
export function sumWords(result: TokenAttributionResult, method: Method, unit: Unit): string {
  const { value, baselineValue, tokens, completenessError } = result;
  const sum = `${formatSigned(total(tokens[method]), 3)} ${unit}`;
  switch (method) {
    case "integrated":
      return `${formatNumber(value, 3)} here, ${formatNumber(baselineValue, 3)} at the baseline; the scores sum to ${sum} and the difference is ${formatSigned(value - baselineValue, 3)} (completeness error ${formatSigned(completenessError, 3)}).`;
    case "gradientInput":
      return `${formatNumber(value, 3)} here; the scores sum to ${sum}, and need not add up to anything.`;
    case "saliency":
      return `${formatNumber(value, 3)} here; lengths of gradients have no sign and add up to nothing.`;
  }
}

/** Integrated scores that miss more than this share of the difference say little. */
const INCOMPLETE = 0.05;

/** Nearer to 0 than this log p is flat. */
const FLAT_NATS = 1e-3;

/** What makes the scores weak here; undefined where nothing does. */
export function weakWords(
  { value, baselineValue, completenessError }: TokenAttributionResult,
  method: Method,
  unit: Unit,
): string | undefined {
  if (method === "integrated") {
    const missed = Math.abs(completenessError / (value - baselineValue));
    if (missed <= INCOMPLETE) return undefined;
    return `The path is sampled too coarsely: the scores are off the difference by ${Math.round(100 * missed)} %. Take more steps.`;
  }
  if (unit !== "nats" || value < -FLAT_NATS) return undefined;
  return "The model is almost sure here, so log p is flat and its gradient tells little; a logit difference (“minus”) does not go flat.";
}

/** Below this many pairs a correlation says little. */
const FEW = 8;

const few = (n: number) => (n < FEW ? ", too few to rely on" : "");

/** How far a method is from the runs in which a token was replaced; undefined while those are not there. */
export function agreementWords(
  { agreement, tokens }: TokenAttributionResult,
  method: Method,
  filler: string,
): string | undefined {
  if (!agreement || !tokens.replaced?.some((one) => Number.isFinite(one))) return undefined;
  const { n, spearman: rho } = agreement[method];
  const by = `each token replaced by “${tokenLabel(filler)}” in a run of its own`;
  const ranked = `Spearman’s ρ ${formatSigned(rho, 2)}`;
  if (method === "saliency")
    return `Held against the size of what is lost with ${by}, by rank alone: ${ranked}, n = ${n} tokens${few(n)}.`;
  const { pearson, relativeError }: Agreement = agreement[method];
  return `Held against what is lost with ${by}: ${ranked}, Pearson’s r ${formatSigned(pearson, 2)}, relative error ${formatNumber(relativeError, 2)}, n = ${n} tokens${few(n)}.`;
}

/** Bars that are drawn; tables and exports have all. */
export const MOST_BARS = 100;

/** Positions in the order of the bars: the largest by what is given, or the last ones before the position. */
export function barOrder(
  { scores, replaced = scores }: { scores: readonly number[]; replaced?: readonly number[] | undefined },
  order: Order,
): number[] {
  const positions = [...scores.keys()];
  if (order === "text") return positions.slice(-MOST_BARS);
  const values = order === "size" ? scores : replaced;
  // A token that was not replaced (BOS) comes last.
  const size = (position: number) => Math.abs(values[position] ?? 0) || 0;
  return positions.sort((a, b) => size(b) - size(a)).slice(0, MOST_BARS);
}

export const barItems = (
  positions: readonly number[],
  values: readonly number[],
  labels: readonly string[],
): BarItem[] =>
  positions.map((position) => ({
    id: String(position),
    label: `${position} ${labels[position] ?? ""}`,
    value: values[position] ?? NaN,
  }));

/** The size that has full colour: the largest score, no finer than matters in its unit. */
export const mostOf = (scores: readonly number[], unit: string): number =>
  Math.max(leastScale(unit), ...scores.map((score) => Math.abs(score) || 0));

const number = (name: string) => ({ name, numeric: true });

/** Every token with every score. */
export function tokenTable(tokens: TokenScores, labels: readonly string[], unit: Unit): DataTable {
  const { replaced } = tokens;
  return {
    columns: [
      number("position"),
      { name: "token", numeric: false },
      ...METHODS.map((method) => number(`${METHOD_NAMES[method]}, ${unitOf(unit, method)}`)),
      ...(replaced ? [number(`lost when replaced, ${unit}`)] : []),
    ],
    rows: labels.map((label, i) => [
      ...[i, label, ...METHODS.map((method) => tokens[method][i] ?? NaN)],
      ...(replaced ? [replaced[i] ?? NaN] : []),
    ]),
  };
}

/** Scores of each of n steps, and of what stands before and behind them. */
export function stepScores({ steps }: TokenAttributionResult, n: number) {
  if (!steps) return undefined;
  const of = (values: readonly number[] | undefined, step: number) =>
    values?.[steps.step.indexOf(step)] ?? NaN;
  const each = (values: readonly number[] | undefined) => Array.from({ length: n }, (_, i) => of(values, i));
  return {
    sums: (method: Method) => each(steps[method]),
    outside: (method: Method) => ({ before: of(steps[method], -1), behind: of(steps[method], n) }),
    replaced: steps.replaced && each(steps.replaced),
  };
}

export type StepScores = NonNullable<ReturnType<typeof stepScores>>;

/** Shapley values by step, with what they are values of. */
export interface StepGame {
  readonly phi: readonly number[];
  readonly game: Pick<ChainGameResult, "value" | "estimator" | "mode">;
}

/** Columns of one unit: saliency, which has another one, stands alone; so do scores beside values of something else. */
export function stepColumns(scores: StepScores, method: Method, unit: Unit, shapley: StepGame | undefined) {
  const own: BarColumn = {
    ...{ name: METHOD_NAMES[method], question: "the sum of its tokens' scores" },
    values: scores.sums(method),
  };
  const columns = [own];
  if (method === "saliency") return columns;
  const { replaced } = scores;
  if (replaced)
    columns.push({
      name: "step replaced",
      question: "what is lost with all its tokens replaced",
      values: replaced,
    });
  if (shapley && shapley.game.value === "logProb" && unit === "nats")
    columns.push({
      ...{ name: "Shapley value", question: "its mean gain over all sets of other steps" },
      values: shapley.phi,
    });
  return columns;
}

/** How alike the sums and the Shapley values rank the steps. */
export function stepWords(scores: StepScores, method: Method, { phi, game }: StepGame): string {
  const signless = method === "saliency";
  const { rho, n } = spearman([...scores.sums(method)], signless ? phi.map(Math.abs) : [...phi]);
  const against = `${signless ? "sizes of the " : ""}${game.estimator === "exact" ? "exact" : "estimated"} Shapley values`;
  const steps = `n = ${n} steps${few(n)}`;
  return Number.isNaN(rho)
    ? `Sums by step cannot be ranked against ${against}: ${steps}, or all are alike.`
    : `Sums by step against ${against}: Spearman’s ρ ${formatSigned(rho, 2)}, ${steps}.`;
}
