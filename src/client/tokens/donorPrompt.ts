/** The second prompt that values are patched from, and the tokens that a metric compares: as typed, or suggested. */
import type { Prediction } from "../../protocol/analysis";
import type { EngineApi, ModelInfo, TokenInfo } from "../../protocol/api";
import type { EditedPrompt, NamedTokens } from "../../protocol/interventions";
import type { RunId } from "../../protocol/progress";
import { donorCandidates, NUMBERS_TEXT, suggestedTokens, type Donor } from "./donor";
import { insideTokens } from "./insideTokens";
import { namedToken } from "./tokenTargets";

/** What the two runs expect most at the position, and the tokens that the metric names. */
export interface Tops {
  readonly base: readonly TokenInfo[];
  readonly other: readonly TokenInfo[];
  readonly target: TokenInfo | undefined;
  readonly minus: TokenInfo | undefined;
}

const TOP = 2;

export interface Asker {
  readonly engine: EngineApi;
  readonly model: ModelInfo | undefined;
  readonly promptTokens: (text: string) => Promise<readonly TokenInfo[]>;
}

/** What is typed, or this prompt with one number changed: the nearest change that changes the expected token. */
export async function donorPrompt(
  { engine, model, promptTokens }: Asker,
  typed: string,
  tokens: readonly TokenInfo[],
  position: number,
): Promise<Donor | undefined> {
  if (typed !== "") return { tokens: await promptTokens(typed) };
  const vocabulary = model?.hasTokenizer ? await engine.tokenizeInside(NUMBERS_TEXT) : [];
  const candidates = donorCandidates(tokens, position, vocabulary);
  if (candidates.length < 2) return candidates[0];
  // All of them begin alike: that part is computed once.
  const first = Math.min(...candidates.map(({ changed }) => changed?.position ?? 0));
  const ids = (list: readonly TokenInfo[]) => list.map(({ id }) => id);
  const ends = [tokens, ...candidates.map((candidate) => candidate.tokens)].map((list) =>
    ids(list.slice(first, position + 1)),
  );
  const start = first > 0 ? [{ tokens: ids(tokens.slice(0, first)) }] : [];
  const { top } = await engine.run({
    rows: [...start, ...ends.map((end) => ({ tokens: end, ...(first > 0 ? { parent: 0 } : {}) }))],
    top: ends.map((_, i) => ({ row: start.length + i, position, k: 1 })),
  });
  const [own, ...others] = top.map((one) => one.ids[0]);
  const index = others.findIndex((id) => id !== own);
  return candidates[Math.max(0, index)];
}

export interface TopsAsked {
  readonly prompt: EditedPrompt;
  readonly position: number;
  readonly other: NamedTokens | undefined;
  readonly typed: { readonly target: string; readonly minus: string };
}

/** `typed` tokens count; else what the runs expect most: the other's against this one's, or this one's first two. */
export async function metricTops(
  asker: Pick<Asker, "engine" | "model">,
  { prompt, position, other, typed }: TopsAsked,
  runId: RunId,
): Promise<Tops> {
  const { engine } = asker;
  const donor = other && other.tokens.length > position ? other : undefined;
  const pairs = [[position, position]] as const;
  const found = await engine.compare(
    { base: prompt, other: donor ? { tokens: donor.tokens } : prompt, pairs, k: TOP },
    runId,
  );
  const described = async ([prediction]: readonly Prediction[]) =>
    insideTokens(engine, [...(prediction?.top.ids ?? [])]);
  const [base, others] = [await described(found.base), await described(found.other)];
  const suggested = suggestedTokens(base, donor ? others : undefined);
  const named = async (text: string) => (await namedToken(asker, text))?.token;
  return {
    base,
    other: others,
    target: (await named(typed.target)) ?? suggested.target,
    minus: (await named(typed.minus)) ?? suggested.minus,
  };
}
