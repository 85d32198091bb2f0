/** Tokens that views are about: named by what somebody types, or what the model expects; and texts of token ids. */
import type { EngineApi, ModelInfo, TokenInfo } from "../../protocol/api";
import type { EditedPrompt } from "../../protocol/interventions";
import { insideTokens } from "./insideTokens";

/** A token's text by its id. */
export type TextOf = (id: number) => string;

/** The texts of tokens, asked for once. */
export async function tokenTexts(
  engine: Pick<EngineApi, "describeTokens">,
  ids: Iterable<number>,
): Promise<TextOf> {
  const unique = [...new Set(ids)];
  const tokens = await insideTokens(engine, unique);
  const textOf = new Map(unique.map((id, i) => [id, tokens[i]?.text ?? String(id)]));
  return (id) => textOf.get(id) ?? String(id);
}

/** What the model without edits expects most after a position. */
export async function expectedToken(
  engine: Pick<EngineApi, "describeTokens" | "run">,
  { tokens }: EditedPrompt,
  position: number,
): Promise<TokenInfo> {
  const { top } = await engine.run({ rows: [{ tokens }], top: [{ row: 0, position, k: 1 }] });
  const id = top[0]?.ids[0] ?? 0;
  const [info] = await insideTokens(engine, [id]);
  return info ?? { id, text: String(id), special: false };
}

/**
 * The tokens that a typed text is, as it reads in the middle of a text; where those are several, and by itself (with the
 * space that some tokenizers add) it is one, then that one.
 */
export async function tokensNamed(
  engine: Pick<EngineApi, "tokenize" | "tokenizeInside" | "describeTokens">,
  text: string,
): Promise<readonly TokenInfo[]> {
  const inside = await engine.tokenizeInside(text);
  if (inside.length === 1) return inside;
  const alone = await engine.tokenize(text, false);
  return alone.length === 1 ? insideTokens(engine, [alone[0]?.id ?? 0]) : inside;
}

/** The token that a text names: its first, or "#id". Nothing is named by no text. */
export async function namedToken(
  { engine, model }: { readonly engine: EngineApi; readonly model: ModelInfo | undefined },
  text: string,
): Promise<{ readonly token: TokenInfo; readonly note?: string } | undefined> {
  if (text === "") return undefined;
  const byId = /^#?(\d+)$/.exec(text.trim());
  if (byId && (text.trim().startsWith("#") || !model?.hasTokenizer)) {
    const [token] = await insideTokens(engine, [Number(byId[1])]);
    return token && { token };
  }
  const found = await tokensNamed(engine, text);
  const [token] = found;
  if (!token) return undefined;
  const note = `“${text}” is ${found.length} tokens; the first is followed.`;
  return found.length > 1 ? { token, note } : { token };
}

/** The tokens that a view follows, at one position of one prompt. */
export interface Targets {
  readonly prompt: EditedPrompt;
  readonly position: number;
  readonly target: TokenInfo;
  readonly minus: TokenInfo | undefined;
  /** Where what was typed is more than one token. */
  readonly note: string | undefined;
}

/** Those that are typed; without a target the one that the model without edits expects most at the position. */
export async function followedTokens(
  asker: Parameters<typeof namedToken>[0],
  prompt: EditedPrompt,
  position: number,
  typed: { readonly target: string; readonly minus: string },
): Promise<Targets> {
  const target = await namedToken(asker, typed.target);
  const minus = await namedToken(asker, typed.minus);
  const notes = [target?.note, minus?.note].filter((note) => note !== undefined);
  return {
    prompt,
    position,
    target: target?.token ?? (await expectedToken(asker.engine, prompt, position)),
    minus: minus?.token,
    note: notes.length > 0 ? notes.join(" ") : undefined,
  };
}
