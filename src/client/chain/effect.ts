/**
 * What the steps of a chain do to its answer: the answer with the steps as toggled beside the answer with all of
 * them, the early-answering curve, and leave-one-out. One request to the engine, whose trie shares prefixes.
 */
import type { EngineApi } from "../../protocol/api";
import type { Ablation, ChainTokens, CoalitionResult, CoalitionsRequest } from "../../protocol/chain";
import { insideTokens } from "../tokens/insideTokens";
import { withTokenEdits } from "../../protocol/tokenEdits";
import { stepOfTokens } from "./tokenSteps";

/** A token of a step, or of the cue and the answer: then `step` is the number of steps. */
export interface ChainToken {
  readonly text: string;
  readonly step: number;
}

/** The numbers of a chain, with the edits or without them. */
export interface EffectNumbers {
  /** The steps as toggled. */
  readonly now: CoalitionResult;
  /** All steps. */
  readonly baseline: CoalitionResult;
  /** log p(answer) after the first k steps, k = 0 … n, nats; empty for chains of more than `MOST_CURVES` steps. */
  readonly early: readonly number[];
  /** The same in the value's own unit. */
  readonly earlyValues: readonly number[];
  /** v(all) - v(all but i): leave-one-out of each step, in the value's unit; empty where `early` is. */
  readonly loo: readonly number[];
}

export interface Effect extends EffectNumbers {
  /** The same chain without the edits, if some are on; all else is with them. */
  readonly unedited?: EffectNumbers | undefined;
  /** The tokens behind the prompt, as the log p of `now` and `baseline` name them. */
  readonly tokens: readonly ChainToken[];
  /** Texts of the tokens in both lists of top answers. */
  readonly topTokens: ReadonlyMap<number, string>;
  /** The reference answer's first token: the one of `top` that log p begins with. */
  readonly answerId: number | undefined;
}

/** The engine's mark for "no further token" in a list of top tokens. */
export const NO_TOKEN = 0xffffffff;

/** Enough that the probability of whatever one side shows is known on the other side, too. */
const TOP_ANSWERS = 64;

/** Chains of more steps get no curves at once: 2 n + 1 sets of many tokens are a game's work. */
export const MOST_CURVES = 64;

/** Prefixes of n steps (n + 1 of them), then all but one (n of them). */
export function curveCoalitions(n: number): boolean[][] {
  const all = Array.from({ length: n }, (_, i) => i);
  const prefixes = Array.from({ length: n + 1 }, (_, k) => all.map((i) => i < k));
  return [...prefixes, ...all.map((out) => all.map((i) => i !== out))];
}

async function chainTokens(
  engine: Pick<EngineApi, "describeTokens">,
  chain: ChainTokens,
): Promise<ChainToken[]> {
  const { prompt, steps, answerPrefix, answer } = chain;
  const texts = await insideTokens(engine, [...steps.flat(), ...answerPrefix, ...answer]);
  const stepOf = stepOfTokens(chain).slice(prompt.length);
  return texts.map(({ text }, i) => ({ text, step: stepOf[i] ?? steps.length }));
}

export type EffectRequest = Omit<CoalitionsRequest, "coalitions" | "topK" | "tokenScores">;

export const valueAt = ({ value, logProb }: CoalitionResult) => value ?? logProb;

/**
 * `known` is the effect of the same text with other toggles: its curves and its baseline still hold, so that a toggle asks
 * for one set of steps, and for none when all are back. `uneditedAblation` takes the steps away without the edits, where that differs: the numbers of a chain (mode "symbol") follow from its tokens.
 */
export async function evaluateEffect(
  engine: Pick<EngineApi, "coalitions" | "describeTokens">,
  ask: EffectRequest,
  present: readonly boolean[],
  known?: Effect,
  uneditedAblation?: Ablation,
): Promise<Effect> {
  const { edits = [], ...bare } = ask;
  const own = await evaluateNumbers(engine, ask, present, known);
  const unedited =
    edits.length > 0
      ? await evaluateNumbers(engine, { ...bare, ...uneditedAblation }, present, known?.unedited)
      : undefined;
  const tops = [own, unedited].flatMap((one) => (one ? [...one.now.top.ids, ...one.baseline.top.ids] : []));
  return {
    ...{ ...own, unedited },
    tokens: known?.tokens ?? (await chainTokens(engine, withTokenEdits(ask.chain, edits))),
    topTokens: await topTexts(engine, tops, known?.topTokens),
    answerId: ask.chain.answer[0],
  };
}

/** The texts of tokens; those that are known are not asked for again. */
async function topTexts(
  engine: Pick<EngineApi, "describeTokens">,
  ids: readonly number[],
  known: ReadonlyMap<number, string> = new Map(),
): Promise<ReadonlyMap<number, string>> {
  const unknown = [...new Set(ids)].filter((id) => id !== NO_TOKEN && !known.has(id));
  if (unknown.length === 0) return known;
  const described = await insideTokens(engine, unknown);
  return new Map([...known, ...described.map(({ id, text }) => [id, text.trim() || text] as const)]);
}

async function evaluateNumbers(
  engine: Pick<EngineApi, "coalitions">,
  ask: EffectRequest,
  present: readonly boolean[],
  known: EffectNumbers | undefined,
): Promise<EffectNumbers> {
  const evaluate = (coalitions: boolean[][]) =>
    engine.coalitions({ ...ask, coalitions, topK: TOP_ANSWERS, tokenScores: true });
  if (known) {
    const [now] = present.every(Boolean) ? [known.baseline] : await evaluate([[...present]]);
    return { ...known, now: answered(now) };
  }
  const [now, baseline] = await evaluate([[...present], present.map(() => true)]);
  const curves =
    present.length > MOST_CURVES
      ? []
      : await engine.coalitions({ ...ask, coalitions: curveCoalitions(present.length), topK: 0 });
  const prefixes = curves.slice(0, present.length + 1);
  const whole = answered(baseline);
  return {
    now: answered(now),
    baseline: whole,
    early: prefixes.map(({ logProb }) => logProb),
    earlyValues: prefixes.map(valueAt),
    loo: curves.slice(present.length + 1).map((without) => valueAt(whole) - valueAt(without)),
  };
}

function answered(result: CoalitionResult | undefined): CoalitionResult {
  if (result === undefined) throw new Error("The engine did not answer for every set of steps.");
  return result;
}
