/**
 * Sets of prompts under a name, for means and resampling: pasted lines, a file, the model's examples, or problems
 * from the generator of the embedded models. Texts longer than the model reads are cut into pieces that fit.
 */
import type { TokenInfo } from "../../protocol/api";
import type { NamedTokens, PromptSet } from "../../protocol/interventions";
import { createLedgerProblem } from "../../synthetic/ledger/ledger";
import type { Example } from "../examples";

/** Larger files are no set of prompts. */
export const MAX_SET_BYTES = 4_000_000;
export const MAX_SET_PROMPTS = 512;
/** Tokens of all prompts together. */
export const MAX_SET_TOKENS = 50_000;
/** Prompts that are tokenized at a time. */
const AT_ONCE = 32;

export interface NamedTexts {
  readonly name: string;
  readonly texts: readonly string[];
}

/** What reads texts: the session's tokenizer, and how many tokens the model reads. */
export interface SetReader {
  tokenize(text: string): Promise<readonly TokenInfo[]>;
  readonly nCtx: number;
}

export function pastedLines(text: string): NamedTexts {
  const texts = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return { name: "pasted lines", texts };
}

/** A .jsonl file: each line a text, or an object with one as `text` or `prompt`. Any other file is one long text. */
export function textsOfFile(name: string, content: string): NamedTexts {
  if (!/\.(jsonl|ndjson)$/i.test(name)) return { name, texts: content.trim() === "" ? [] : [content] };
  const texts = content.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const text = textOfRecord(line);
    if (text === undefined) throw new Error(`${name}: line ${i + 1} has no text: give "text" or "prompt".`);
    return [text];
  });
  return { name, texts };
}

function textOfRecord(line: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return undefined;
  const { text, prompt } = value as { text?: unknown; prompt?: unknown };
  return [text, prompt].find((field): field is string => typeof field === "string");
}

const whole = ({ prompt, steps, answerPrefix, answer }: Omit<Example, "title">) =>
  [prompt, ...steps, answerPrefix, answer].join("");

export function exampleTexts(model: string, examples: readonly Example[]): NamedTexts {
  return { name: `examples of ${model}`, texts: examples.map(whole) };
}

/** Problems with their chains and answers, from consecutive seeds. */
export function ledgerTexts(n: number, seed: number): NamedTexts {
  const texts = Array.from({ length: n }, (_, i) => {
    const { steps, ...problem } = createLedgerProblem(seed + i);
    return whole({ ...problem, steps: steps.map(({ text }) => text) });
  });
  return { name: `${n} ledger problems from seed ${seed}`, texts };
}

/** Pieces of at most `nCtx` tokens; each begins with the special tokens that the text begins with (BOS). */
export function cutTokens(tokens: readonly TokenInfo[], nCtx: number): TokenInfo[][] {
  if (tokens.length <= nCtx) return [[...tokens]];
  const ordinary = tokens.findIndex(({ special }) => !special);
  const lead = tokens.slice(0, Math.max(0, ordinary));
  const size = Math.max(1, nCtx - lead.length);
  const rest = tokens.slice(lead.length);
  return Array.from({ length: Math.ceil(rest.length / size) }, (_, i) => [
    ...lead,
    ...rest.slice(i * size, (i + 1) * size),
  ]);
}

const named = (tokens: readonly TokenInfo[]): NamedTokens => ({
  text: tokens.map(({ text, special }) => (special ? "" : text)).join(""),
  tokens: tokens.map(({ id }) => id),
});

/** The texts as tokens; a set that is too large keeps its beginning, and its name says so. */
export async function createSet({ name, texts }: NamedTexts, reader: SetReader): Promise<PromptSet> {
  const prompts: NamedTokens[] = [];
  let count = 0;
  for (let start = 0; start < texts.length; start += AT_ONCE) {
    const read = await Promise.all(texts.slice(start, start + AT_ONCE).map((text) => reader.tokenize(text)));
    for (const piece of read.flatMap((tokens) => cutTokens(tokens, reader.nCtx))) {
      if (piece.length === 0) continue;
      if (prompts.length === MAX_SET_PROMPTS || count + piece.length > MAX_SET_TOKENS)
        return { name: `${name}, its first ${count} tokens`, prompts };
      prompts.push(named(piece));
      count += piece.length;
    }
  }
  if (prompts.length === 0) throw new Error(`${name} hold${name.endsWith("s") ? "" : "s"} no prompt.`);
  return { name, prompts };
}

/** "32 prompts, 1,204 tokens". */
export function setSize({ prompts }: PromptSet): string {
  const tokens = prompts.reduce((sum, prompt) => sum + prompt.tokens.length, 0);
  return `${prompts.length} prompt${prompts.length === 1 ? "" : "s"}, ${tokens.toLocaleString("en")} tokens`;
}
