/** Replaced tokens of a chain: an edit names its token by its position in the whole text, prompt and answer included. */
import type { ChainTokens } from "./chain";
import type { Edit } from "./interventions";

/** The chain as it reads with the token edits that are on; without any the chain itself. */
export function withTokenEdits(chain: ChainTokens, edits: readonly Edit[] = []): ChainTokens {
  const replaced = new Map(
    edits.flatMap((edit) => (edit.kind === "token" && edit.on ? [[edit.position, edit.token] as const] : [])),
  );
  if (replaced.size === 0) return chain;
  let at = 0;
  const read = (tokens: readonly number[]) => tokens.map((token) => replaced.get(at++) ?? token);
  const prompt = read(chain.prompt);
  const steps = chain.steps.map(read);
  return { prompt, steps, answerPrefix: read(chain.answerPrefix), answer: read(chain.answer) };
}
