/**
 * A two-layer attention-only model written by hand, in the TransformerLens layout, for tests that look for known
 * heads. Head 0.1 attends to the previous token and copies it; head 1.2 finds the token after an earlier occurrence of
 * the present one and copies that to the output (Olsson et al. 2022, "In-context Learning and Induction Heads"). The
 * other heads do nothing.
 *
 * The stream has four parts: which token this is, where it stands, which token came before, what comes next.
 */
import { writeSafetensors } from "../formats/writeSafetensors";

export const INDUCTION = { dVocab: 16, nCtx: 32, nHeads: 4, previous: 1, induction: 2 } as const;

const { dVocab, nCtx, nHeads, previous, induction } = INDUCTION;
const [TOKEN, PLACE, BEFORE, NEXT] = [0, dVocab, dVocab + nCtx, 2 * dVocab + nCtx];
const dModel = 3 * dVocab + nCtx;
const dHead = nCtx;
/** Large enough that softmax picks one key. */
const SHARP = 40;

/** [rows, cols] with `value` at (from + i, to + i). */
function diagonal(
  rows: number,
  cols: number,
  from: number,
  to: number,
  count: number,
  value: number,
): Float32Array {
  const matrix = new Float32Array(rows * cols);
  for (let i = 0; i < count; i++) {
    if (from + i < rows && to + i < cols) matrix[(from + i) * cols + to + i] = value;
  }
  return matrix;
}

interface Head {
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly o: Float32Array;
}

const reads = (from: number, count: number, value = 1, shift = 0) =>
  diagonal(dModel, dHead, from, shift, count, value);
const writes = (to: number) => diagonal(dHead, dModel, 0, to, dVocab, 1);
const nothing: Head = {
  q: new Float32Array(dModel * dHead),
  k: new Float32Array(dModel * dHead),
  v: new Float32Array(dModel * dHead),
  o: new Float32Array(dHead * dModel),
};
/** The query at p meets the key at p - 1: keys are shifted by one place. */
const previousHead: Head = {
  q: reads(PLACE, nCtx, SHARP),
  k: reads(PLACE, nCtx - 1, 1, 1),
  v: reads(TOKEN, dVocab),
  o: writes(BEFORE),
};
const inductionHead: Head = {
  q: reads(TOKEN, dVocab, SHARP),
  k: reads(BEFORE, dVocab),
  v: reads(TOKEN, dVocab),
  o: writes(NEXT),
};

/** cfg.json and model.safetensors. */
export function inductionFiles(): { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[] {
  const config = {
    ...{
      n_layers: 2,
      n_heads: nHeads,
      d_model: dModel,
      d_head: dHead,
      d_mlp: null,
      act_fn: null,
      n_ctx: nCtx,
    },
    ...{ d_vocab: dVocab, attn_only: true, normalization_type: null, positional_embedding_type: "standard" },
    use_attn_scale: false,
  };
  const tensors = [
    { name: "embed.W_E", shape: [dVocab, dModel], data: diagonal(dVocab, dModel, 0, TOKEN, dVocab, 1) },
    { name: "pos_embed.W_pos", shape: [nCtx, dModel], data: diagonal(nCtx, dModel, 0, PLACE, nCtx, 1) },
    { name: "unembed.W_U", shape: [dModel, dVocab], data: diagonal(dModel, dVocab, NEXT, 0, dVocab, 10) },
  ];
  for (let layer = 0; layer < 2; layer++) {
    const heads = Array.from({ length: nHeads }, (_, head) => {
      if (layer === 0 && head === previous) return previousHead;
      return layer === 1 && head === induction ? inductionHead : nothing;
    });
    for (const [letter, shape] of [
      ["q", [nHeads, dModel, dHead]],
      ["k", [nHeads, dModel, dHead]],
      ["v", [nHeads, dModel, dHead]],
      ["o", [nHeads, dHead, dModel]],
    ] as const) {
      const data = Float32Array.from(heads.flatMap((head) => [...head[letter]]));
      tensors.push({ name: `blocks.${layer}.attn.W_${letter.toUpperCase()}`, shape: [...shape], data });
    }
  }
  const json = new TextEncoder().encode(JSON.stringify(config));
  return [
    { name: "cfg.json", bytes: new Uint8Array(json) },
    { name: "model.safetensors", bytes: writeSafetensors(tensors, {}) },
  ];
}
