/** Lets the model write, and brings what it wrote into the session. */
import {
  editsOfPrompt,
  generateRequest,
  leftOutText,
  type GenerationSettings,
} from "../../client/generation";
import type { EngineApi, GenerateResult, ModelInfo, TokenInfo } from "../../protocol/api";
import type { ChainText } from "../../protocol/chain";
import type { Edit } from "../../protocol/interventions";
import type { RunId } from "../../protocol/progress";

/** What writing needs of the session. */
export interface WritingSession extends GenerationSettings {
  readonly engine: EngineApi;
  readonly chain: { clearResults(): void; setFromGenerated(prompt: string, written: string): void };
  readonly edits: { readonly active: readonly Edit[] };
  readonly promptText: string;
  readonly tokens: readonly TokenInfo[];
  promptLength: number;
  generated: GenerateResult | undefined;
  comparison: string | undefined;
  writtenUnder: number;
  message: { readonly kind: "info" | "error"; readonly text: string } | undefined;
  promptTokens(text: string): Promise<TokenInfo[]>;
  showTokens(tokens: readonly TokenInfo[]): void;
}

/** Lets the model write after the session's prompt; what it wrote is split into steps and answer. */
export async function writeChain(session: WritingSession, model: ModelInfo, runId: RunId): Promise<void> {
  const { chain, engine, edits } = session;
  chain.clearResults();
  const prompt = await session.promptTokens(session.promptText);
  session.showTokens(prompt);
  session.promptLength = prompt.length;
  session.generated = undefined;
  session.comparison = undefined;
  const reaching = editsOfPrompt(edits.active, prompt.length);
  const leftOut = leftOutText(reaching.leftOut);
  if (leftOut) session.message = { kind: "info", text: leftOut };
  session.writtenUnder = reaching.edits.length;
  const generated = await engine.generate(
    generateRequest(prompt, edits.active, session, model),
    runId,
    (token) => session.showTokens([...session.tokens, token]),
  );
  const { tokens } = generated;
  const all = await engine.describeTokens([...prompt.map(({ id }) => id), ...tokens]);
  session.showTokens(all);
  session.generated = generated;
  if (!model.hasTokenizer || tokens.length === 0) return;
  const written = all.slice(prompt.length);
  chain.setFromGenerated(session.promptText, written.map(({ text }) => text).join(""));
}

/** What a chat template needs of the session. */
export interface ChatSession {
  readonly engine: Pick<EngineApi, "chatPrompt">;
  readonly chain: { set(text: ChainText): void };
  promptText: string;
  addBos: boolean;
  forget(): void;
  refreshTokens(): Promise<void>;
}

/** Puts the prompt into the model's chat template: another prompt, without a chain. */
export async function writeAsChat(session: ChatSession): Promise<void> {
  const { text, addBos } = await session.engine.chatPrompt(session.promptText);
  session.promptText = text;
  session.addBos = addBos;
  session.forget();
  session.chain.set({ prompt: text, steps: [], answerPrefix: "", answer: "" });
  await session.refreshTokens();
}
