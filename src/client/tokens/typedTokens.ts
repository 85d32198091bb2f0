/** What is typed, as tokens: text where the model has a tokenizer, else token ids. */
import type { EngineApi, ModelInfo, TokenInfo } from "../../protocol/api";
import { parseTokenIds } from "./tokenIds";
import { tokensNamed } from "./tokenTargets";

/** How it is read. */
export interface TokenReader {
  readonly engine: EngineApi;
  readonly model: ModelInfo | undefined;
  readonly addBos: boolean;
}

/** Tokens of a prompt, with BOS as the visitor has it; none without a model or text. */
export async function promptTokens(
  { engine, model, addBos }: TokenReader,
  text: string,
): Promise<TokenInfo[]> {
  if (!model || text === "") return [];
  if (model.hasTokenizer) return engine.tokenize(text, addBos);
  return engine.describeTokens(parseTokenIds(text, model.dVocab));
}

/** Tokens of a text by itself: without BOS. */
export async function pieceTokens(reader: TokenReader, text: string): Promise<TokenInfo[]> {
  return reader.model?.hasTokenizer ? reader.engine.tokenize(text, false) : promptTokens(reader, text);
}

/** Tokens that a text names, as they stand inside a text. */
export async function namedTokens(reader: TokenReader, text: string): Promise<readonly TokenInfo[]> {
  return reader.model?.hasTokenizer ? tokensNamed(reader.engine, text) : promptTokens(reader, text);
}
