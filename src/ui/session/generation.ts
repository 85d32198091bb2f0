/** The model writes: what it is asked (settings, edits that can act on the prompt), and what becomes of its text. */
import type { GenerateRequest, ModelInfo, RunId, TokenInfo } from "../../protocol/api";
import type { Edit } from "../../protocol/interventions";
import type { Session } from "./session.svelte";

export interface GenerationSettings {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
  readonly maxTokens: number;
}

/**
 * Edits that reach a text while it is written. A token that an edit replaces after the prompt is not there yet, and
 * the model will write it itself: such edits are left out, and counted.
 */
export function editsOfPrompt(
  edits: readonly Edit[],
  promptLength: number,
): { readonly edits: readonly Edit[]; readonly leftOut: number } {
  const reaching = edits.filter((edit) => edit.kind !== "token" || edit.position < promptLength);
  return { edits: reaching, leftOut: edits.length - reaching.length };
}

export function leftOutText(count: number): string | undefined {
  if (count === 0) return undefined;
  return `${count === 1 ? "One token replacement lies" : `${count} token replacements lie`} after the prompt, where the model writes: not used.`;
}

export function generateRequest(
  prompt: readonly TokenInfo[],
  edits: readonly Edit[],
  { temperature, topK, topP, seed, maxTokens }: GenerationSettings,
  { eosId }: Pick<ModelInfo, "eosId">,
): GenerateRequest {
  return {
    tokens: prompt.map(({ id }) => id),
    ...{ maxTokens, temperature, topK, topP, seed },
    stopIds: eosId === undefined ? [] : [eosId],
    ...(edits.length > 0 ? { edits: editsOfPrompt(edits, prompt.length).edits } : {}),
  };
}

/** Lets the model write after the session's prompt; what it wrote is split into steps and answer. */
export async function writeChain(session: Session, model: ModelInfo, runId: RunId): Promise<void> {
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
