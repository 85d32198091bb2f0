/**
 * What the model writes in place of each step of a chain: the texts of the ablation mode "resample".
 *
 *   1. before each step stand the prompt and the original steps before it; their keys are computed once
 *   2. all samples of a step are written together, one row each, a token a pass, drawn at the temperature asked from
 *      the most probable tokens that together have top-p
 *   3. a sample ends with the step's own last token (a full stop, a line break), or at twice the step's length. Rows
 *      go on together until all have ended; what a row writes after its end is cut
 *   4. the noise of a token is named by the seed, the step, the sample and the place in it: the same seed writes the
 *      same texts, whatever else is asked
 */
import type { Progress } from "../../../protocol/progress";
import type { Pauser } from "../../../protocol/cancel";
import type { ResampleStepsRequest } from "../../../protocol/chain";
import { seedPlus } from "../../../random/seedAt";
import { decode, type DecodedRow } from "../../interp/decode/decode";
import { pieces, recordForward } from "../../interp/pass/forwardPass";
import { EMPTY_CONTEXT, type RowContext, type Segment } from "../../interp/batch/rowContext";
import { checkCount, checkIds, checkPrompt, checkSampling } from "../../models/checks";
import type { Model } from "../../models/model";
import { makeCache } from "../../models/sizes";
import type { KeyValueCache } from "../../ops/keyValueCache";

/** Rows written together; fixed, because a row's number is part of its noise. */
const MAX_ROWS = 64;

export async function resampleSteps(
  model: Model,
  request: ResampleStepsRequest,
  pauser: Pauser,
  onProgress?: (progress: Progress) => void,
): Promise<number[][][]> {
  const { config } = model;
  const { chain, samples, seed } = request;
  const { prompt, steps } = chain;
  checkRequest(request, config.dVocab);
  const longest = Math.max(0, ...steps.map(({ length }) => length));
  const before = steps.reduce((sum, { length }) => sum + length, prompt.length);
  const slots = before + 2 * longest * Math.min(samples, MAX_ROWS);
  const cache = makeCache(model, slots);
  const written: number[][][] = Array.from({ length: samples }, () => []);
  const rows = written.map((_, sample) => sample);
  const batches = steps.flatMap((_, step) => pieces(rows, MAX_ROWS).map((batch, i) => ({ step, batch, i })));
  try {
    // The last token before a step is read anew by every batch: its logits choose the first token.
    let at = EMPTY_CONTEXT;
    let last = prompt;
    let current = 0;
    for (const [done, { step, batch, i }] of batches.entries()) {
      if (step > current) {
        last = [...last.slice(-1), ...(steps[current] ?? [])];
        current = step;
      }
      at = advance(model, cache, at, last.slice(0, -1));
      last = last.slice(-1);
      const drawn = {
        ...request,
        seed: seedPlus(seed, step, i),
      };
      const start = { context: at, tokens: last };
      const texts = await writeRows(model, cache, start, steps[step] ?? [], batch.length, drawn, pauser);
      batch.forEach((sample, row) => written[sample]?.push(texts[row] ?? []));
      onProgress?.({ done: done + 1, total: batches.length, note: "steps written again" });
    }
  } finally {
    cache.release();
  }
  return written;
}

/** The context after some more tokens of the original text. */
function advance(
  model: Model,
  cache: KeyValueCache,
  context: RowContext,
  tokens: readonly number[],
): RowContext {
  if (tokens.length === 0) return context;
  const pass = recordForward(model, cache, [{ context, tokens }], {});
  pass.release();
  return pass.contexts[0] ?? context;
}

/** Texts of one step, a row each; `start` is what stands before it. */
async function writeRows(
  model: Model,
  cache: KeyValueCache,
  start: Segment,
  original: readonly number[],
  count: number,
  { temperature, topP, seed }: ResampleStepsRequest,
  pauser: Pauser,
): Promise<number[][]> {
  const texts: number[][] = Array.from({ length: count }, () => []);
  const end = original.at(-1);
  if (end === undefined) return texts;
  // It is read in the step's place later on, so all of it has to fit.
  const most = Math.min(2 * original.length, model.config.nCtx - start.context.nextPosition - 1);
  if (most <= 0) return texts;
  const slots: number[] = [];
  const ask = { sampling: { temperature, topK: 0, topP, seed } };
  const choose = (decoded: readonly DecodedRow<Segment>[], step: number): Segment[] => {
    slots.push(...decoded.flatMap((row) => row.slots));
    decoded.forEach(({ drawn }, row) => {
      const text = texts[row];
      if (text && text.at(-1) !== end) text.push(drawn);
    });
    // A row that has ended stays: its place is part of the others' noise.
    const isOver = step + 1 >= most || texts.every((text) => text.at(-1) === end);
    return isOver ? [] : decoded.map(({ context, drawn }) => ({ context, tokens: [drawn] }));
  };
  try {
    await decode(
      { model, cache, ask, pauser },
      texts.map(() => start),
      choose,
    );
  } finally {
    cache.giveBack(slots);
  }
  return texts;
}

function checkRequest({ chain, samples, temperature, topP }: ResampleStepsRequest, dVocab: number): void {
  checkPrompt(chain.prompt);
  checkCount("samples", samples);
  checkSampling({ temperature, topP });
  for (const tokens of [chain.prompt, ...chain.steps]) checkIds(tokens, dVocab);
}
