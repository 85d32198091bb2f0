/**
 * The row of a chain with some steps taken away, as every method of the engine takes it: tokens, and edits where a mode
 * changes more than tokens. It is the row that the chain's values are computed on, position by position:
 *
 *   delete    the tokens are left out
 *   mask      the tokens stay; every later token is kept from their keys, in all layers and heads
 *   replace   each token becomes the filler
 *   mean      the embedding of each token becomes the mean embedding of all steps' tokens
 *   symbol    numbers that first appear in an absent step become the symbol token, wherever they are repeated
 *
 * "resample" has no one row: its values are means over samples.
 */
import type { Ablation, AblationMode, ChainTokens } from "../../../protocol/chain";
import type { Edit, EditedPrompt } from "../../../protocol/interventions";

/** A part of a chain: the prompt, a step by its index, what stands before the answer. */
export type Part = "prompt" | number | "cue";

/** Positions [first, end) that a part has; equal where it is not there. */
export interface Span {
  readonly part: Part;
  readonly first: number;
  readonly end: number;
}

export interface AblatedChain {
  /** All but the last token of the answer: what has to be read to score the answer. */
  readonly prompt: Required<EditedPrompt>;
  /** In the order of the text. */
  readonly spans: readonly Span[];
  /** The position that predicts the first token of the answer. */
  readonly answerAt: number;
}

/** Why a mode cannot be shown, in a sentence; undefined where it can. */
export function whyNot(mode: AblationMode, hasNumbers: boolean): string | undefined {
  if (mode === "resample")
    return "Not offered for “resample”: a resampled step is many texts of different lengths, and what is shown here is one run. Choose another mode in Chain of thought.";
  if (mode === "symbol" && !hasNumbers)
    return "Not offered for “symbol”: the chain does not say which tokens are numbers. Choose another mode in Chain of thought.";
  return undefined;
}

/** The tokens of each step as the model reads them. */
function readSteps(
  { steps }: ChainTokens,
  present: readonly boolean[],
  { mode, fillerId, numbers = [] }: Ablation,
): number[][] {
  const isOut = (step: number) => present[step] === false;
  if (mode === "delete") return steps.map((step, i) => (isOut(i) ? [] : [...step]));
  if (mode === "replace") return steps.map((step, i) => step.map((id) => (isOut(i) ? fillerId : id)));
  if (mode !== "symbol") return steps.map((step) => [...step]);
  // A number belongs to the step that it is first in.
  const owner = new Map<number, number>();
  numbers.forEach((list, step) => list.forEach((n) => n >= 0 && !owner.has(n) && owner.set(n, step)));
  const isGone = (n: number) => n >= 0 && isOut(owner.get(n) ?? -1);
  return steps.map((step, i) => step.map((id, t) => (isGone(numbers[i]?.[t] ?? -1) ? fillerId : id)));
}

/** What a mode changes beyond tokens. */
function editsOf({ steps }: ChainTokens, absent: readonly Span[], { mode }: Ablation): Edit[] {
  const here = absent.filter(({ first, end }) => end > first);
  const positions = ({ first, end }: Span) => Array.from({ length: end - first }, (_, i) => first + i);
  if (mode === "mask")
    return here.map((span) => ({
      ...{ id: `mask-${span.part}`, on: true, kind: "knockOut" },
      ...{ keys: positions(span), queries: { from: span.end } },
    }));
  if (mode !== "mean" || here.length === 0) return [];
  const over = { name: "the steps", prompts: [{ text: "the steps", tokens: steps.flat() }] };
  return [
    {
      ...{ id: "mean", on: true, kind: "mean", site: "embed", by: "token", strength: 1, over },
      positions: here.flatMap(positions),
    },
  ];
}

export function ablatedChain(
  chain: ChainTokens,
  present: readonly boolean[],
  ablation: Ablation,
): AblatedChain {
  const steps = readSteps(chain, present, ablation);
  const parts: readonly [Part, readonly number[]][] = [
    ["prompt", chain.prompt],
    ...steps.map((tokens, i) => [i, tokens] as [Part, number[]]),
    ["cue", chain.answerPrefix],
  ];
  let end = 0;
  const spans = parts.map(([part, tokens]): Span => ({ part, first: end, end: (end += tokens.length) }));
  const absent = spans.filter(({ part }) => typeof part === "number" && present[part] === false);
  return {
    prompt: {
      tokens: [...parts.flatMap(([, tokens]) => tokens), ...chain.answer.slice(0, -1)],
      edits: editsOf(chain, absent, ablation),
    },
    spans,
    answerAt: end - 1,
  };
}

/** Positions that predict the tokens of the answer. */
export const answerPositions = ({ answerAt }: AblatedChain, { answer }: Pick<ChainTokens, "answer">) =>
  answer.map((_, i) => answerAt + i);

/** The step that a position of the whole chain is in. */
export function stepAt({ prompt, steps }: ChainTokens, position: number): number | undefined {
  let end = prompt.length;
  if (position < end) return undefined;
  const found = steps.findIndex((step) => position < (end += step.length));
  return found < 0 ? undefined : found;
}
