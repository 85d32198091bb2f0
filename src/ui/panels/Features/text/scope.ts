/** Which positions of the text the list of latents is about, and in words. */
import { formatIndices, parseIndices } from "../../../../client/edits/indexList";
import type { Scope } from "../settings";

export interface Text {
  /** As the model reads them. */
  readonly tokens: readonly string[];
  /** Of each token: its step of the chain, −1 before the first, the number of steps after the last. */
  readonly steps: readonly number[];
  readonly stepCount: number;
  /** The pinned position. */
  readonly position: number;
}

export interface Chosen {
  readonly positions: readonly number[];
  /** "at position 3 “Ann”", "of step 2, positions 30–38". */
  readonly words: string;
  /** What is wrong with what was typed. */
  readonly wrong?: string;
}

/** `step`: −1 for that of the pinned token. `span`: as typed. */
export function chosenPositions(
  scope: Scope,
  { step, span }: { readonly step: number; readonly span: string },
  { tokens, steps, stepCount, position }: Text,
): Chosen {
  const here = { positions: [position], words: `at position ${position} “${tokens[position] ?? ""}”` };
  const list = (positions: readonly number[]) =>
    `position${positions.length === 1 ? "" : "s"} ${formatIndices(positions)}`;
  if (scope === "prompt")
    return { positions: tokens.map((_, at) => at), words: `of the whole text, ${tokens.length} tokens` };
  if (scope === "step") {
    const wanted = step < 0 ? (steps[position] ?? -1) : step;
    const positions = steps.flatMap((of, at) => (of === wanted ? [at] : []));
    return positions.length === 0
      ? { ...here, wrong: "This step has no tokens in the text." }
      : { positions, words: `of ${stepName(wanted, stepCount)}, ${list(positions)}` };
  }
  if (scope === "span") {
    if (span.trim() === "") return { ...here, wrong: "Type positions such as 3, 5-9." };
    const parsed = parseIndices(span, "position", tokens.length);
    if ("wrong" in parsed) return { ...here, wrong: parsed.wrong };
    return { positions: parsed.indices, words: `of ${list(parsed.indices)}` };
  }
  return here;
}

export function stepName(step: number, stepCount: number): string {
  if (step < 0) return "the part before the steps";
  return step < stepCount ? `step ${step + 1}` : "the part after the steps";
}
