/**
 * The row of a chain with some steps taken away, as every method of the engine takes it: tokens, and edits where a mode
 * changes more than tokens. It is the row that the chain's values are computed on, position by position:
 *
 *   delete    the tokens are left out
 *   mask      the tokens stay; every later token is kept from their keys, in all layers and heads
 *   replace   each token becomes the filler
 *   mean      the embedding of each token becomes the mean embedding of all steps' tokens
 *   symbol    numbers that first appear in an absent step become the symbol token, wherever they are repeated in the
 *             chain, its cue included
 *   resample  what the model wrote in its place: one of the samples
 *
 * Edits of the chain meet the same tokens here as in the whole text (engine/interp/coalitions/textEdits.ts).
 */
import type { Ablation, ChainTokens } from "../../protocol/chain";
import type { Edit, EditedPrompt, EditsOfText } from "../../protocol/interventions";
import { withTokenEdits } from "../../protocol/tokenEdits";
import { stepOfTokens } from "./tokenSteps";

/** A part of a chain: the prompt, a step by its index, what stands before the answer. */
export type Part = "prompt" | number | "cue";

/** Positions [first, end) that a part has; equal where it is not there. */
export interface Span {
  readonly part: Part;
  readonly first: number;
  readonly end: number;
}

export interface AblatedRow {
  /** All but the last token of the answer: what has to be read to score the answer. */
  readonly prompt: Required<Omit<EditedPrompt, "under">> & Pick<EditedPrompt, "under">;
  /** In the order of the text. */
  readonly spans: readonly Span[];
  /** The position that predicts the first token of the answer. */
  readonly answerAt: number;
}

/** The tokens of each step and of the cue as the model reads them. */
function readParts(
  { steps, answerPrefix }: ChainTokens,
  present: readonly boolean[],
  { mode, fillerId, numbers = [], alternatives = [] }: Ablation,
): number[][] {
  const isOut = (step: number) => present[step] === false;
  // A number belongs to the step that it is first in.
  const ownerOf = (n: number) => steps.findIndex((_, step) => numbers[step]?.includes(n));
  const isGone = (n: number) => n >= 0 && isOut(ownerOf(n));
  return [...steps, answerPrefix].map((tokens, i) => {
    if (mode === "symbol") return tokens.map((id, t) => (isGone(numbers[i]?.[t] ?? -1) ? fillerId : id));
    if (!isOut(i)) return [...tokens];
    if (mode === "delete") return [];
    if (mode === "resample") return [...(alternatives[0]?.[i] ?? [])];
    return mode === "replace" ? tokens.map(() => fillerId) : [...tokens];
  });
}

const range = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i);

/** What a mode changes beyond tokens. */
function editsOf({ steps }: ChainTokens, absent: readonly Span[], { mode }: Ablation): Edit[] {
  const here = absent.filter(({ first, end }) => end > first);
  const positions = ({ first, end }: Span) => range(first, end);
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

/** Of each token its position in the chain's whole text; of what was written in a step's place, behind the step's tokens. */
function originsOf(
  chain: ChainTokens,
  read: readonly (readonly number[])[],
  isWritten: (i: number) => boolean,
) {
  const wholes = [chain.prompt, ...chain.steps, chain.answerPrefix, chain.answer.slice(0, -1)];
  let at = 0;
  return wholes.flatMap((whole, part) => {
    const start = at;
    at += whole.length;
    const own = read[part - 1] ?? whole;
    const place = (i: number) =>
      start + (isWritten(part - 1) ? Math.min(i, Math.max(1, whole.length) - 1) + 0.5 : i);
    return own.map((_, i) => place(i));
  });
}

export function ablatedRow(
  chain: ChainTokens,
  present: readonly boolean[],
  ablation: Ablation,
  /** Of the chain's whole text. */
  edits: readonly Edit[] = [],
): AblatedRow {
  const read = readParts(chain, present, ablation);
  const parts: readonly [Part, readonly number[]][] = [
    ["prompt", chain.prompt],
    ...read.map((tokens, i): [Part, number[]] => [i < chain.steps.length ? i : "cue", tokens]),
  ];
  let end = 0;
  const spans = parts.map(([part, tokens]): Span => ({ part, first: end, end: (end += tokens.length) }));
  const absent = spans.filter(({ part }) => typeof part === "number" && present[part] === false);
  const isWritten = (i: number) =>
    ablation.mode === "resample" && present[i] === false && read[i]?.join() !== chain.steps[i]?.join();
  const under: EditsOfText = {
    edits,
    text: [...chain.prompt, ...chain.steps.flat(), ...chain.answerPrefix, ...chain.answer],
    origins: originsOf(chain, read, isWritten),
    hidden: ablation.mode === "mask" ? absent.flatMap(({ first, end }) => range(first, end)) : [],
  };
  return {
    prompt: {
      tokens: [...parts.flatMap(([, tokens]) => tokens), ...chain.answer.slice(0, -1)],
      edits: editsOf(withTokenEdits(chain, edits), absent, ablation),
      ...(edits.length > 0 && { under }),
    },
    spans,
    answerAt: end - 1,
  };
}

/** Positions that predict the tokens of the answer. */
export const answerPositions = ({ answerAt }: AblatedRow, { answer }: Pick<ChainTokens, "answer">) =>
  answer.map((_, i) => answerAt + i);

/** The step that a position of the whole chain is in. */
export function stepAt(chain: ChainTokens, position: number): number | undefined {
  const step = stepOfTokens(chain)[position] ?? -1;
  return step >= 0 && step < chain.steps.length ? step : undefined;
}
