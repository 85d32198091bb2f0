/**
 * Where each weight lies in a llama2.c checkpoint (export.py, `legacy_export` and `version1_export`): f32 one kind
 * after the other, all layers of a kind together. Names are those of Hugging Face's Llama.
 */

/** The header's seven integers, with the sign of the vocabulary taken off. */
export interface Llama2cSizes {
  readonly dim: number;
  readonly hiddenDim: number;
  readonly nLayers: number;
  readonly nHeads: number;
  readonly nKvHeads: number;
  readonly vocabSize: number;
  readonly seqLen: number;
  readonly isTied: boolean;
}

export interface Llama2cTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Its rows are rotary pairs, head by head. */
  readonly isInterleaved?: boolean;
}

/** One kind of weight, in all layers. */
const ofLayers = ({ nLayers }: Llama2cSizes, name: string, shape: number[], isInterleaved = false) =>
  Array.from({ length: nLayers }, (_, layer) => ({
    name: `model.layers.${layer}.${name}.weight`,
    shape,
    ...(isInterleaved && { isInterleaved }),
  }));

export function legacyTensors(sizes: Llama2cSizes): Llama2cTensor[] {
  const { dim, nHeads, seqLen } = sizes;
  const half = dim / nHeads / 2;
  return [
    embedding(sizes),
    ...ofLayers(sizes, "input_layernorm", [dim]),
    ...attention(sizes),
    ...ofLayers(sizes, "post_attention_layernorm", [dim]),
    ...feedForward(sizes),
    finalNorm(sizes),
    // Cosines and sines of the rotary angles, which follow from the sizes.
    { name: FREQUENCIES, shape: [2, seqLen, half] },
    ...output(sizes),
  ];
}

export function version1Tensors(sizes: Llama2cSizes): Llama2cTensor[] {
  const { dim } = sizes;
  return [
    ...ofLayers(sizes, "input_layernorm", [dim]),
    ...ofLayers(sizes, "post_attention_layernorm", [dim]),
    finalNorm(sizes),
    embedding(sizes),
    ...attention(sizes),
    ...feedForward(sizes),
    ...output(sizes),
  ];
}

/** Stands for what is in the file and no weight. */
export const FREQUENCIES = "freq_cis";

const embedding = ({ vocabSize, dim }: Llama2cSizes) => ({
  name: "model.embed_tokens.weight",
  shape: [vocabSize, dim],
});

const finalNorm = ({ dim }: Llama2cSizes) => ({ name: "model.norm.weight", shape: [dim] });

function attention(sizes: Llama2cSizes): Llama2cTensor[] {
  const { dim, nHeads, nKvHeads } = sizes;
  const kvDim = (dim / nHeads) * nKvHeads;
  return [
    ...ofLayers(sizes, "self_attn.q_proj", [dim, dim], true),
    ...ofLayers(sizes, "self_attn.k_proj", [kvDim, dim], true),
    ...ofLayers(sizes, "self_attn.v_proj", [kvDim, dim]),
    ...ofLayers(sizes, "self_attn.o_proj", [dim, dim]),
  ];
}

function feedForward(sizes: Llama2cSizes): Llama2cTensor[] {
  const { dim, hiddenDim } = sizes;
  return [
    ...ofLayers(sizes, "mlp.gate_proj", [hiddenDim, dim]),
    ...ofLayers(sizes, "mlp.down_proj", [dim, hiddenDim]),
    ...ofLayers(sizes, "mlp.up_proj", [hiddenDim, dim]),
  ];
}

function output({ isTied, vocabSize, dim }: Llama2cSizes): Llama2cTensor[] {
  return isTied ? [] : [{ name: "lm_head.weight", shape: [vocabSize, dim] }];
}
