/**
 * The two runs that are compared: which tokens each model is given, with which edits. A side that cannot be run yet
 * says what is missing.
 */
import type { ModelSlot } from "../../../protocol/analysis";
import type { EngineApi, ModelInfo, TokenInfo } from "../../../protocol/api";
import type { Edit, EditedPrompt } from "../../../protocol/interventions";
import { editsText } from "../../../client/edits/chipText";
import type { Session } from "../../state/session.svelte";
import { looksLikeTokenIds, parseTokenIds } from "../../../client/tokens/tokenIds";
import type { SideName, SideSettings } from "./settings";

/** What a side asks for, with everything at hand that it depends on. */
export interface SideQuestion {
  readonly slot: ModelSlot;
  readonly info: ModelInfo;
  readonly edits: readonly Edit[];
  readonly source:
    /** The tokens of the page, as they are. */
    | { readonly kind: "tokens"; readonly tokens: readonly TokenInfo[] }
    /** The text of the page's tokens, for a model that reads it in its own way. */
    | { readonly kind: "again"; readonly tokens: readonly TokenInfo[] }
    | { readonly kind: "text"; readonly text: string; readonly addBos: boolean | undefined };
  /** For captions: "this prompt", "another text". */
  readonly promptWords: string;
}

export interface Side extends SideQuestion {
  readonly tokens: readonly TokenInfo[];
  /** Its tokens are those of the strip, position by position. */
  readonly isStrip: boolean;
}

/** Whether token ids mean the same to both; a model without a tokenizer is taken by the size of its vocabulary. */
export function sharesTokens(a: ModelInfo, b: ModelInfo): boolean {
  const same = !a.vocabulary || !b.vocabulary || a.vocabulary === b.vocabulary;
  return a.dVocab === b.dVocab && same;
}

type Asker = Pick<Session, "model" | "other" | "prompt" | "tokens" | "edits" | "addBos">;

/** What is missing, in a sentence, or the question; undefined while the model writes or loads. */
export function questionOf(
  session: Asker,
  name: SideName,
  { prompt, text, stack, slot }: SideSettings,
  kept: readonly Edit[],
): SideQuestion | string | undefined {
  const { model: main, tokens } = session;
  const info = slot === "main" ? main : session.other.model;
  if (!main || (prompt === "this" && !session.prompt)) return undefined;
  if (!info) return `The ${name} side asks for a second model: open one below.`;
  const edits = { none: [], current: session.edits.active, kept: kept.filter(({ on }) => on) }[stack];
  const isSame = sharesTokens(main, info);
  const ask = (source: SideQuestion["source"], promptWords: string): SideQuestion => ({
    ...{ slot, info, edits, source, promptWords },
  });
  if (prompt === "this") return ask({ kind: isSame ? "tokens" : "again", tokens }, "this prompt");
  if (text.trim() === "") return `Type a text for the ${name} side, or choose an example.`;
  const addBos = isSame ? session.addBos : undefined;
  return ask({ kind: "text", text, addBos }, "another text");
}

type Reader = Pick<EngineApi, "tokenize" | "detokenize" | "describeTokens">;

export async function readSide(engine: Reader, question: SideQuestion): Promise<Side> {
  const tokens = await readTokens(engine, question);
  if (tokens.length === 0) throw new Error("A side has no tokens; give it at least one to read.");
  return { ...question, tokens, isStrip: question.source.kind === "tokens" };
}

async function readTokens(
  engine: Reader,
  { source, slot, info }: SideQuestion,
): Promise<readonly TokenInfo[]> {
  if (source.kind === "tokens") return source.tokens;
  if (source.kind === "again") {
    if (!info.hasTokenizer) {
      throw new Error(
        `${info.name} has no tokenizer and another vocabulary: type token ids for its side instead.`,
      );
    }
    const text = await engine.detokenize(source.tokens.map(({ id }) => id));
    return engine.tokenize(text, undefined, slot);
  }
  if (info.hasTokenizer) return engine.tokenize(source.text, source.addBos, slot);
  if (!looksLikeTokenIds(source.text)) {
    throw new Error(`${info.name} has no tokenizer: type token ids from 0 to ${info.dVocab - 1}.`);
  }
  return engine.describeTokens(parseTokenIds(source.text, info.dVocab), slot);
}

/** As the engine is asked. */
export function promptOf({ tokens, edits, slot }: Side): EditedPrompt & { readonly model: ModelSlot } {
  return { tokens: tokens.map(({ id }) => id), edits, model: slot };
}

export function sideWords({ info, promptWords, edits, tokens }: Side): string {
  return `${info.name} (${info.precision}, SHA-256 ${info.sha256.slice(0, 12)}…), ${promptWords}, ${tokens.length} tokens, ${editsText(edits)}`;
}

/** Both sides are the same question: every difference is zero. Ids of edits, and the order of their fields, do not count. */
export function isSameQuestion(left: Side, right: Side): boolean {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  const asked = (side: Side) => {
    const { tokens, edits = [], model } = promptOf(side);
    return JSON.stringify({ tokens, model, edits: edits.map((edit) => ({ ...edit, id: "" })) }, sorted);
  };
  return asked(left) === asked(right);
}
