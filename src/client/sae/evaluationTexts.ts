/**
 * Texts that an autoencoder is judged on, as contexts of token ids, with labels where somebody knows them: the generator of
 * the embedded models, or the visitor, who puts what has the label into [[ ]].
 */
import type { TokenInfo } from "../../protocol/api";
import type { LabelledToken } from "../../protocol/sae/saeEvaluation";
import { createLedgerProblem } from "../../synthetic/ledger/ledger";
import { LEDGER_FACTORS, ledgerFactors } from "../../synthetic/ledger/ledgerFactors";
import { ledgerTexts } from "../edits/promptSets";

/** What the generator knows of its tokens. */
export const FACTORS = LEDGER_FACTORS;

type Tokenize = (text: string) => Promise<readonly TokenInfo[]>;

export interface EvaluationTexts {
  readonly name: string;
  readonly contexts: readonly (readonly number[])[];
}

export interface LabelledTexts extends EvaluationTexts {
  readonly labels: readonly LabelledToken[];
}

/** A typed text is a context a line; marks are not part of it. */
const linesOf = (typed: string) => typed.split("\n").filter((line) => line.trim() !== "");
const MARK = /\[\[(.*?)\]\]/g;

export interface EvaluationTextRequest {
  readonly source: "ledger" | "typed";
  readonly problems: number;
  readonly seed: number;
  readonly typed: string;
  /** Longest context, without what is put before it. */
  readonly longest: number;
}

export async function evaluationTexts(
  ask: EvaluationTextRequest,
  tokenize: Tokenize,
): Promise<EvaluationTexts> {
  const { source, problems, seed, typed, longest } = ask;
  const lines = linesOf(typed).map((line) => line.replace(MARK, "$1"));
  const { name, texts } =
    source === "ledger" ? ledgerTexts(problems, seed) : { name: `${lines.length} typed lines`, texts: lines };
  const contexts = await Promise.all(
    texts.map(async (text) => (await tokenize(text)).map(({ id }) => id).slice(0, longest)),
  );
  const read = contexts.filter((ids) => ids.length > 1);
  if (read.length < 2) throw new Error("At least two texts of two tokens or more are needed.");
  return { name, contexts: read };
}

/** Values that a factor takes in these problems, most frequent first. */
export function factorValues(factor: string, problems: number, seed: number): string[] {
  const counts = new Map<string, number>();
  for (let i = 0; i < Math.min(problems, 200); i++)
    for (const { values } of ledgerFactors(createLedgerProblem(seed + i))) {
      const value = values[factor];
      if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  return [...counts].sort(([, a], [, b]) => b - a).map(([value]) => value);
}

/** Every token of the generator's texts: whether the factor is defined there and has this value. */
export async function factorLabels(
  factor: string,
  value: string,
  { problems, seed, longest }: EvaluationTextRequest,
  tokenize: Tokenize,
): Promise<LabelledTexts> {
  const { name, texts } = ledgerTexts(problems, seed);
  const labels: LabelledToken[] = [];
  const contexts = await Promise.all(
    texts.map(async (text, context) => {
      const ids = (await tokenize(text)).map(({ id }) => id).slice(0, longest);
      // The generator counts from <s>, which is put before the context.
      const known = ledgerFactors(createLedgerProblem(seed + context)).slice(1);
      ids.forEach((_, position) => {
        labels.push({ context, position, label: known[position]?.values[factor] === value });
      });
      return ids;
    }),
  );
  return { name: `${name}, ${factor} = ${value}`, contexts, labels };
}

/** Every token of typed texts: whether any of it stands in [[ ]]. */
export async function markedLabels(
  typed: string,
  longest: number,
  tokenize: Tokenize,
): Promise<LabelledTexts> {
  const labels: LabelledToken[] = [];
  const lines = linesOf(typed);
  const contexts = await Promise.all(
    lines.map(async (line, context) => {
      const tokens = (await tokenize(line.replace(MARK, "$1"))).slice(0, longest);
      const marks = markedSpans(line);
      let at = 0;
      tokens.forEach(({ text }, position) => {
        // White space before a word is not marked by marking the word.
        const start = at + (text.length - text.trimStart().length);
        at += text.length;
        labels.push({ context, position, label: marks.some(([from, to]) => start < to && at > from) });
      });
      return tokens.map(({ id }) => id);
    }),
  );
  if (!labels.some(({ label }) => label))
    throw new Error("No token is marked: put what has the label into [[ ]], for example “a [[red]] car”.");
  return { name: `${lines.length} typed lines, marked by [[ ]]`, contexts, labels };
}

/** Where the marked characters are once the marks are gone. */
export function markedSpans(line: string): (readonly [from: number, to: number])[] {
  let gone = 0;
  return [...line.matchAll(MARK)].map(({ index, 1: inside = "" }) => {
    const from = index - gone;
    gone += 4;
    return [from, from + inside.length] as const;
  });
}
