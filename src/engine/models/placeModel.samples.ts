/**
 * A one-layer attention-only model written by hand, in the TransformerLens layout: after every token it predicts the
 * token at one place, copied by one head. `fixed` looks at a position of the text, `back` at the token so many places
 * before: a model that ignores its chain, and one that answers with what the chain ended on.
 *
 * The stream has three parts: which token this is, where it stands, what comes next.
 */
import { writeSafetensors } from "../formats/writeSafetensors";

export const PLACE = { dVocab: 16, nCtx: 48 } as const;

const { dVocab, nCtx } = PLACE;
const [TOKEN, POSITION, NEXT] = [0, dVocab, dVocab + nCtx];
const dModel = 2 * dVocab + nCtx;
const dHead = nCtx;
/** Large enough that softmax picks one key. */
const SHARP = 40;

function matrix(
  rows: number,
  cols: number,
  cells: Iterable<readonly [row: number, col: number, value: number]>,
) {
  const data = new Float32Array(rows * cols);
  for (const [row, col, value] of cells) data[row * cols + col] = value;
  return data;
}

const diagonal = (count: number, from: number, to: number, value = 1) =>
  Array.from({ length: count }, (_, i) => [from + i, to + i, value] as const);

/** cfg.json and model.safetensors. */
export function placeFiles(
  looks: { readonly fixed: number } | { readonly back: number },
): { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[] {
  const isFixed = "fixed" in looks;
  // Fixed: every query has the same direction, and one position's key lies in it. Back: keys are shifted.
  const query = isFixed
    ? Array.from({ length: nCtx }, (_, p) => [POSITION + p, 0, SHARP] as const)
    : diagonal(nCtx, POSITION, 0, SHARP);
  const key = isFixed
    ? [[POSITION + looks.fixed, 0, 1] as const]
    : diagonal(nCtx - looks.back, POSITION, looks.back);
  const head = {
    Q: { shape: [1, dModel, dHead], data: matrix(dModel, dHead, query) },
    K: { shape: [1, dModel, dHead], data: matrix(dModel, dHead, key) },
    V: { shape: [1, dModel, dHead], data: matrix(dModel, dHead, diagonal(dVocab, TOKEN, 0)) },
    O: { shape: [1, dHead, dModel], data: matrix(dHead, dModel, diagonal(dVocab, 0, NEXT)) },
  };
  const config = {
    ...{ n_layers: 1, n_heads: 1, d_model: dModel, d_head: dHead, d_mlp: null, act_fn: null },
    ...{ n_ctx: nCtx, d_vocab: dVocab, attn_only: true, normalization_type: null },
    ...{ positional_embedding_type: "standard", use_attn_scale: false },
  };
  const tensors = [
    { name: "embed.W_E", shape: [dVocab, dModel], data: matrix(dVocab, dModel, diagonal(dVocab, 0, TOKEN)) },
    {
      name: "pos_embed.W_pos",
      shape: [nCtx, dModel],
      data: matrix(nCtx, dModel, diagonal(nCtx, 0, POSITION)),
    },
    {
      name: "unembed.W_U",
      shape: [dModel, dVocab],
      data: matrix(dModel, dVocab, diagonal(dVocab, NEXT, 0, 10)),
    },
    ...Object.entries(head).map(([letter, tensor]) => ({ name: `blocks.0.attn.W_${letter}`, ...tensor })),
  ];
  return [
    { name: "cfg.json", bytes: new TextEncoder().encode(JSON.stringify(config)) },
    { name: "model.safetensors", bytes: writeSafetensors(tensors, {}) },
  ];
}
