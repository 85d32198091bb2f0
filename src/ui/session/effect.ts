/**
 * What the steps of a chain do to its answer: the answer with the steps as toggled beside the answer with all of
 * them, the early-answering curve, and leave-one-out. One request to the engine, whose trie shares prefixes.
 */
import type { EngineApi } from "../../protocol/api";
import type { CoalitionResult, ShapleyRequest } from "../../protocol/chain";

export interface Effect {
  readonly now: CoalitionResult;
  readonly baseline: CoalitionResult;
  /** Texts of the tokens in both lists of top answers. */
  readonly topTokens: ReadonlyMap<number, string>;
  /** The reference answer's first token: the one of `top` that log p begins with. */
  readonly answerId: number | undefined;
  /** v after the first k steps, k = 0 … n. */
  readonly early: readonly number[];
  /** v(all) - v(all but i): leave-one-out of each step. */
  readonly loo: readonly number[];
}

/** The engine's mark for "no further token" in a list of top tokens. */
export const NO_TOKEN = 0xffffffff;

/** Enough that the probability of whatever one side shows is known on the other side, too. */
const TOP_ANSWERS = 64;

/** Prefixes of n steps (n + 1 of them), then all but one (n of them). */
export function curveCoalitions(n: number): boolean[][] {
  const all = Array.from({ length: n }, (_, i) => i);
  const prefixes = Array.from({ length: n + 1 }, (_, k) => all.map((i) => i < k));
  return [...prefixes, ...all.map((out) => all.map((i) => i !== out))];
}

/** `known` is the effect of the same text with other toggles: its curves still hold. */
export async function evaluateEffect(
  engine: Pick<EngineApi, "coalitions" | "describeTokens">,
  request: ShapleyRequest,
  present: readonly boolean[],
  known?: Effect,
): Promise<Effect> {
  const n = request.chain.steps.length;
  const coalitions = [present, present.map(() => true), ...(known ? [] : curveCoalitions(n))];
  const [now, baseline, ...curves] = await engine.coalitions({ ...request, coalitions, topK: TOP_ANSWERS });
  if (!now || !baseline) throw new Error("The engine did not answer for every set of steps.");
  const ids = [...new Set([...now.top.ids, ...baseline.top.ids])].filter((id) => id !== NO_TOKEN);
  const described = await engine.describeTokens(ids);
  return {
    now,
    baseline,
    topTokens: new Map(described.map(({ id, text }) => [id, text.trim() || text])),
    answerId: request.chain.answer[0],
    early: known?.early ?? curves.slice(0, n + 1).map(({ logProb }) => logProb),
    loo: known?.loo ?? curves.slice(n + 1).map(({ logProb }) => baseline.logProb - logProb),
  };
}
