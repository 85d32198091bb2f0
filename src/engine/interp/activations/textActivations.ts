/** Sites of many texts, read in batches: what passes over texts that judge something are made of. */
import type { Pauser } from "../../../protocol/cancel";
import { VitrineError } from "../../../protocol/errors";
import type { Site } from "../../../protocol/sites";
import type { Model } from "../../models/model";
import { batchesOf } from "../batch/cellBatches";
import { joinFloats } from "../batch/joinFloats";
import { run } from "../pass/runRows";

/** Tokens that go through the model at a time; a longer text goes alone. */
const TOKENS_AT_ONCE = 1024;

export interface TextBatch {
  /** Indices of its texts. */
  readonly texts: readonly number[];
  /** Number of tokens of each, without those put before. */
  readonly lengths: readonly number[];
  readonly tokens: number;
  /** Of each site: f32 [tokens, width], text after text. */
  readonly data: readonly Float32Array<ArrayBuffer>[];
}

/** `before` is put before every text and left out of what is read. */
export async function* textActivations(
  model: Model,
  sites: readonly Site[],
  texts: readonly (readonly number[])[],
  before: readonly number[],
  pauser: Pauser,
): AsyncGenerator<TextBatch> {
  checkTexts(model, texts, before);
  for (const batch of textBatches(texts, before.length)) {
    await pauser.pause();
    const rows = batch.map((index) => ({ tokens: [...before, ...(texts[index] ?? [])] }));
    const { captures } = await run(model, { rows, capture: [...new Set(sites)] });
    const lengths = rows.map(({ tokens }) => tokens.length - before.length);
    const tokens = lengths.reduce((sum, length) => sum + length, 0);
    const data = sites.map((site) => {
      const parts = rows.map((row, index) => {
        const capture = captures.find((one) => one.row === index && one.site === site);
        if (!capture) throw new Error(`${site} was not captured`);
        const width = capture.data.length / row.tokens.length;
        return capture.data.subarray(before.length * width);
      });
      return joinFloats(parts);
    });
    yield { texts: batch, lengths, tokens, data };
  }
}

/** Indices of texts, as many at a time as the model takes well. */
export function textBatches(texts: readonly (readonly number[])[], extra: number): number[][] {
  const indices = texts.map((_, index) => index);
  return batchesOf(indices, (index) => (texts[index]?.length ?? 0) + extra, TOKENS_AT_ONCE);
}

function checkTexts(
  { config }: Model,
  texts: readonly (readonly number[])[],
  before: readonly number[],
): void {
  for (const [index, text] of texts.entries()) {
    const tokens = text.length + before.length;
    if (text.length > 0 && tokens <= config.nCtx) continue;
    throw new VitrineError(
      "Unsupported",
      `Context ${index} has ${text.length} tokens, with ${before.length} before it; this model takes 1 to ${config.nCtx} in all.`,
    );
  }
}
