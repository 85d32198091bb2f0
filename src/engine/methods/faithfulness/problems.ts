/**
 * Problems as tokens of the model that reads them, and where in them an edit begins and ends. A chain is encoded as one
 * text and then cut; an edited chain likewise. Its steps then stand between the tokens of the original's prompt and cue.
 */
import { refuse } from "../../../protocol/errors";
import type { ChainEdit, FaithfulnessProblem } from "../../../protocol/faithfulness";
import { shared } from "./modelReader";

/** What is needed of a tokenizer. */
export interface Codec {
  encode(text: string, options: { readonly addBos: boolean }): readonly number[];
  /** The tokens of the whole text, cut where its parts meet. */
  encodeParts(
    texts: readonly string[],
    options: { readonly addBos: boolean },
  ): { readonly parts: readonly (readonly number[])[] };
  /** As the text reads in the middle of another. */
  encodeInside(text: string): readonly number[];
  readonly bosByDefault: boolean;
  /** The text of tokens, as they stand in a text (after the token before them). */
  text(ids: readonly number[], before?: number): string;
}

type Steps = readonly (readonly number[])[];

export interface ReadEdit {
  readonly edit: ChainEdit;
  readonly steps: Steps;
  readonly follows?: readonly number[];
  /** Of the whole text: the tokens that differ from the original's, and the original's. */
  readonly at: number;
  readonly edited: readonly number[];
  readonly original: readonly number[];
}

export interface ReadProblem {
  readonly name: string;
  readonly prompt: readonly number[];
  readonly steps: Steps;
  readonly prefix: readonly number[];
  readonly answer: readonly number[];
  readonly edits: readonly ReadEdit[];
  readonly substituted?: Steps;
}

export function readProblem(
  { name, chain, edits, substituted }: FaithfulnessProblem,
  codec: Codec,
): ReadProblem {
  const parts = (steps: readonly string[], answer: string) => {
    const texts = [chain.prompt, ...steps, chain.answerPrefix, answer];
    const [first = [], ...rest] = codec.encodeParts(texts, { addBos: codec.bosByDefault }).parts;
    const [cue = [], last = []] = rest.splice(steps.length);
    return { prompt: first, steps: rest, prefix: cue, answer: last };
  };
  const { prompt, steps, prefix, answer } = parts(chain.steps, chain.answer);
  if (prompt.length === 0) refuse(`${name}: the problem is empty.`);
  if (steps.flat().length === 0) refuse(`${name}: the chain has no steps.`);
  if (prefix.length === 0)
    refuse(`${name}: nothing stands between the chain and the answer, such as “Answer :”.`);
  if (answer.length === 0) refuse(`${name}: the answer is empty, or one token with the text before it.`);
  const read = (texts: readonly string[]): Steps => {
    if (texts.length !== steps.length)
      refuse(`${name}: an edited chain has ${texts.length} steps, not ${steps.length}.`);
    return parts(texts, chain.answer).steps;
  };
  return {
    ...{ name, prompt, steps, prefix, answer },
    edits: edits.map((edit) => {
      const own = read(edit.steps);
      const follows = edit.follows === undefined ? undefined : parts(chain.steps, edit.follows).answer;
      return {
        edit,
        steps: own,
        ...(follows && { follows }),
        ...difference(prompt.length, steps, own, name),
      };
    }),
    ...(substituted && { substituted: read(substituted.steps) }),
  };
}

/** The first step that differs: where, and its tokens that differ in both texts. */
function difference(
  before: number,
  steps: Steps,
  edited: Steps,
  name: string,
): Pick<ReadEdit, "at" | "edited" | "original"> {
  let at = before;
  for (const [i, own] of steps.entries()) {
    const other = edited[i] ?? [];
    const same = shared(own, other);
    if (same === own.length && same === other.length) {
      at += own.length;
      continue;
    }
    const [a, b] = [own.slice(same), other.slice(same)];
    const end = shared([...a].reverse(), [...b].reverse());
    // Something has to differ on both sides: "1" against "11" differs in its first token.
    const cut = Math.min(end, a.length - 1, b.length - 1);
    return { at: at + same, original: a.slice(0, a.length - cut), edited: b.slice(0, b.length - cut) };
  }
  return refuse(`${name}: an edit changes nothing.`);
}

/** Prompt, chain and the words before the answer. */
export function wholeText({ prompt, steps, prefix }: ReadProblem): readonly number[] {
  return [...prompt, ...steps.flat(), ...prefix];
}

/** The text up to and with the edited tokens. */
export function uptoEdit({ prompt, steps }: ReadProblem, { at, edited }: ReadEdit): readonly number[] {
  return [...[...prompt, ...steps.flat()].slice(0, at), ...edited];
}

export const equal = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((token, i) => token === b[i]);
