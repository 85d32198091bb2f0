/**
 * Whether a model that loaded cleanly also works: one forward pass over a sample text, while it loads.
 *
 *   1. read plain English, or, without a tokenizer (or with one that lacks the words), a few token ids
 *   2. logits that are not finite: something is broken
 *   3. on English: mean −log p of the text's tokens, as a share of even guessing, log(vocabulary). Well below one on any of
 *      the texts: it works
 *   4. else it is doubtful, and nothing is said yet: a good model of poems, of code or of another language reads these
 *      texts badly, too. Once the page has answered, `closerLook.ts` tells it from a broken one
 */
import type { Tokenizer } from "../formats/tokenizer/tokenizer";
import { run } from "../interp/pass/runRows";
import type { ModelConfig } from "../models/architecture";
import type { Model } from "../models/model";
import { vocabOut } from "../models/sizes";

const TEXTS = [
  "Once upon a time, there was a little girl named Lily. She loved to play outside in the park with her friends.",
  "The city lies on the river and has a population of about two million people. It is the capital of the country.",
];
const MAX_TOKENS = 48;
/** Share of even guessing from which on a model is doubtful: what works on English stays below 0.6. */
const POOR = 0.65;

export interface HealthCheck {
  /** Mean -log p of a sample text's tokens, nats; undefined where no text can be read. */
  readonly nats?: number;
  /** What is wrong, in a sentence; undefined if nothing is, or if that cannot be told yet. */
  readonly problem?: string;
  /** It reads the sample texts badly; a closer look says whether something is wrong. */
  readonly isDoubtful?: true;
}

/** What a model is tried on. */
export interface SampleTokens {
  readonly isEnglish: boolean;
  readonly rows: readonly (readonly number[])[];
}

export function sampleTokens(
  { dVocab, nCtx, shortContext = nCtx }: ModelConfig,
  tokenizer: Tokenizer | undefined,
): SampleTokens {
  const longest = Math.min(MAX_TOKENS, nCtx, shortContext);
  const texts = tokenizer ? TEXTS.flatMap((text) => readable(tokenizer, text, dVocab)) : [];
  const ids = Array.from({ length: Math.min(8, longest) }, (_, i) => (i * 7) % dVocab);
  const rows = texts.length > 0 ? texts : [ids];
  return { isEnglish: texts.length > 0, rows: rows.map((tokens) => tokens.slice(0, longest)) };
}

export async function checkHealth(model: Model, { isEnglish, rows }: SampleTokens): Promise<HealthCheck> {
  const dVocabOut = vocabOut(model.config);
  const score = rows.flatMap((tokens, row) =>
    tokens.slice(1).map((token, i) => ({ row, position: i, target: Math.min(token, dVocabOut - 1) })),
  );
  const { scores } = await run(model, { rows: rows.map((tokens) => ({ tokens })), score });
  if (scores.some((value) => !Number.isFinite(value))) {
    return {
      problem:
        "It loads cleanly, but its logits are not finite numbers: the weights are damaged, or f16 is too small for them (try f32).",
    };
  }
  if (!isEnglish) return {};
  const nats = Math.min(...rows.map((_, row) => meanLoss(score, scores, row)));
  return nats < POOR * Math.log(dVocabOut) ? { nats } : { nats, isDoubtful: true };
}

/** The text's tokens, if the tokenizer can spell it. */
function readable(tokenizer: Tokenizer, text: string, dVocab: number): number[][] {
  try {
    const ids = tokenizer.encode(text, { addBos: tokenizer.bosByDefault });
    const spelled = tokenizer.decode(ids).replaceAll(/\s/g, "").toLowerCase();
    const isWhole = spelled === text.replaceAll(/\s/g, "").toLowerCase();
    return isWhole && ids.length > 1 && ids.every((id) => id < dVocab) ? [ids] : [];
  } catch {
    // A word-level tokenizer lacks the words.
    return [];
  }
}

function meanLoss(score: readonly { readonly row: number }[], scores: Float32Array, row: number): number {
  const own = Array.from(scores).filter((_, i) => score[i]?.row === row);
  return -own.reduce((sum, value) => sum + value, 0) / own.length;
}
