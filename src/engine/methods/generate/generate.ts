/**
 * Generation, one token at a time.
 *
 *   1. the prompt is one forward pass; its last position's logits choose the first token
 *   2. each further token is one pass of one token over the cache: one submit, four bytes read back
 *   3. a token is the most probable one (temperature 0), or drawn from the kept tokens by a seeded
 *      counter-based generator on the device, so that the same seed gives the same text on every device
 *   4. edits act on the prompt and on every token that is written; what they take from other prompts is resolved
 *      once, before. Captured sites are read back with each token, and joined at the end
 */
import type { GenerateRequest, GenerateResult } from "../../../protocol/api";
import { refuse } from "../../../protocol/errors";
import type { Pauser } from "../../../protocol/cancel";
import { joinCaptures, type RowCapture } from "../../interp/pass/captures";
import { decode, type DecodedRow } from "../../interp/decode/decode";
import { resolveEdits } from "../../interp/interventions/index";
import { EMPTY_CONTEXT, type Segment } from "../../interp/batch/rowContext";
import { checkCount, checkPrompt, checkSampling } from "../../models/checks";
import { siteNamed, type Model } from "../../models/model";
import { makeCache } from "../../models/sizes";

/** With the captured sites over the prompt and every token that was read after it (the last one was not). */
export interface Generated extends Omit<GenerateResult, "captures"> {
  readonly captured: readonly RowCapture[];
}

export async function generate(
  model: Model,
  request: GenerateRequest,
  pauser: Pauser,
  onToken?: (id: number) => void,
): Promise<Generated> {
  const { config } = model;
  const { maxTokens, temperature, topK, topP, seed } = request;
  checkRequest(request, config.nCtx);
  const { tokens: prompt, interventions } = await resolveEdits(model, request, pauser);
  const capture = new Set((request.capture ?? []).map((site) => siteNamed(model, site)));
  const started = performance.now();
  const stop = new Set(request.stopIds);
  // The last token is never read back in, so it needs no place in the context.
  // A text that begins short can't become long: all its positions would turn otherwise (LongRoPE).
  const { nCtx, shortContext = nCtx } = config;
  const longest = prompt.length <= shortContext ? Math.min(shortContext, nCtx) : nCtx;
  const room = Math.min(maxTokens, longest - prompt.length + 1);
  const cache = makeCache(model, prompt.length + room);
  const tokens: number[] = [];
  const captured: RowCapture[][] = [];
  let stoppedBy: GenerateResult["stoppedBy"] = room < maxTokens ? "context" : "length";
  const ask = { sampling: { temperature, topK, topP, seed } };
  const choose = ([one]: readonly DecodedRow<Segment>[]): Segment[] => {
    if (!one) return [];
    const { context, drawn, captures } = one;
    if (capture.size > 0) captured.push([...captures]);
    if (stop.has(drawn)) {
      stoppedBy = "stop";
      return [];
    }
    tokens.push(drawn);
    onToken?.(drawn);
    return tokens.length < room ? [{ context, tokens: [drawn], interventions }] : [];
  };
  try {
    const row: Segment = { context: EMPTY_CONTEXT, tokens: prompt, interventions };
    await decode({ model, cache, ask, capture, pauser }, [row], choose);
  } finally {
    cache.release();
  }
  return { tokens, stoppedBy, elapsedMs: performance.now() - started, captured: joinCaptures(captured) };
}

function checkRequest({ tokens, temperature, topP, topK, maxTokens }: GenerateRequest, nCtx: number): void {
  checkPrompt(tokens);
  if (tokens.length > nCtx) {
    refuse(`The prompt has ${tokens.length} tokens and this model reads ${nCtx}; shorten it.`);
  }
  checkSampling({ temperature, topP });
  if (!(Number.isInteger(topK) && topK >= 0)) refuse(`top-k is ${topK}; give a whole number, 0 for off`);
  checkCount("max tokens", maxTokens);
}
