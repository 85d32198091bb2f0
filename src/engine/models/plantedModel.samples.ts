/**
 * A one-head attention-only model written by hand, in the TransformerLens layout, for tests that know what a chain of
 * thought does. The cue looks for a digit anywhere before it and copies it to the output; every other token, and a cue
 * that finds none, looks at the first token of the prompt, which says nothing. So the answer rests on the step with
 * the digit alone. Without its head the model sees the present token only, and ignores whatever chain stands before.
 *
 * The stream has three parts: which token this is, four flags (any token, digit, cue, first token), what comes next.
 */
import { NEVER_CANCELLED } from "../../protocol/cancel";
import type { Device } from "../device/device";
import { openModelFiles } from "../formats/modelFiles";
import { fileFromBytes } from "../formats/bytes/source";
import { writeSafetensors } from "../formats/writeSafetensors";
import { loadModel } from "./loading/loadModel";
import type { Model } from "./model";

/** Token ids: 0 begins the prompt, digits are 1 to 4, 5 is the cue, the others say nothing. */
export const PLANTED = { dVocab: 12, start: 0, digits: [1, 2, 3, 4], cue: 5, nCtx: 64 } as const;

const { dVocab, nCtx, start, digits, cue } = PLANTED;
const [ANY, DIGIT, CUE, START] = [dVocab, dVocab + 1, dVocab + 2, dVocab + 3];
const NEXT = dVocab + 4;
const dModel = NEXT + dVocab;
/** Scores: a digit is worth twice the first token, and both are far above everything else. */
const SHARP = 40;

function matrix(
  rows: number,
  cols: number,
  cells: readonly (readonly [number, number, number])[],
): Float32Array {
  const data = new Float32Array(rows * cols);
  for (const [row, col, value] of cells) data[row * cols + col] = value;
  return data;
}

export async function plantedModel(device: Device, looks: "for the digit" | "nowhere"): Promise<Model> {
  const ids = Array.from({ length: dVocab }, (_, id) => id);
  const embed = ids.flatMap((id) => [
    [id, id, 1] as const,
    [id, ANY, 1] as const,
    ...(digits.some((digit) => digit === id) ? [[id, DIGIT, 1] as const] : []),
    ...(id === cue ? [[id, CUE, 1] as const] : []),
    ...(id === start ? [[id, START, 1] as const] : []),
  ]);
  const looking = looks === "for the digit";
  const tensors = [
    { name: "embed.W_E", shape: [dVocab, dModel], data: matrix(dVocab, dModel, embed) },
    { name: "pos_embed.W_pos", shape: [nCtx, dModel], data: matrix(nCtx, dModel, []) },
    {
      name: "unembed.W_U",
      shape: [dModel, dVocab],
      // Besides what comes next: each token makes its successor a little more probable.
      data: matrix(
        dModel,
        dVocab,
        ids.flatMap((id) => [[NEXT + id, id, 10] as const, [id, (id + 1) % dVocab, 1] as const]),
      ),
    },
    ...Object.entries({
      Q: matrix(dModel, dVocab, [
        [CUE, 0, SHARP],
        [ANY, 1, SHARP / 2],
      ]),
      K: matrix(dModel, dVocab, [
        [DIGIT, 0, 1],
        [START, 1, 1],
      ]),
      V: matrix(
        dModel,
        dVocab,
        digits.map((id) => [id, id, 1] as const),
      ),
    }).map(([letter, data]) => ({ name: `blocks.0.attn.W_${letter}`, shape: [1, dModel, dVocab], data })),
    {
      name: "blocks.0.attn.W_O",
      shape: [1, dVocab, dModel],
      data: matrix(dVocab, dModel, looking ? digits.map((id) => [id, NEXT + id, 1] as const) : []),
    },
  ];
  const config = {
    ...{ n_layers: 1, n_heads: 1, d_model: dModel, d_head: dVocab, d_mlp: null, act_fn: null, n_ctx: nCtx },
    ...{ d_vocab: dVocab, attn_only: true, normalization_type: null, positional_embedding_type: "standard" },
    use_attn_scale: false,
  };
  const files = await openModelFiles([
    fileFromBytes("cfg.json", new TextEncoder().encode(JSON.stringify(config))),
    fileFromBytes("model.safetensors", writeSafetensors(tensors, {})),
  ]);
  return (await loadModel(device, files, "f32", NEVER_CANCELLED)).model;
}
