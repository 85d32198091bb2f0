/** What a model is asked when it writes: settings, and edits that can act on the prompt. */
import type { GenerateRequest, ModelInfo, TokenInfo } from "../protocol/api";
import type { Edit } from "../protocol/interventions";

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
