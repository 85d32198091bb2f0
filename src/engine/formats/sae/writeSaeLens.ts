/** Writes an autoencoder that was trained here in the SAELens layout: `cfg.json` and `sae_weights.safetensors`, f32. */
import type { TrainedFile } from "../../../protocol/sae/training";
import { toHookName, type Site } from "../../../protocol/sites";
import { writeSafetensors } from "../writeSafetensors";

export interface SaeLensWeights {
  readonly siteIn: Site;
  readonly siteOut: Site;
  readonly k: number;
  readonly nLatents: number;
  /** [nLatents, dIn], [nLatents], [nLatents, dOut], [dOut], in units of the activations. */
  readonly encoder: Float32Array;
  readonly encoderBias: Float32Array;
  readonly decoder: Float32Array;
  readonly decoderBias: Float32Array;
}

/** What a file says of where it comes from: goes into `metadata`. */
export interface SaeOrigin {
  readonly modelName: string;
  readonly modelSha256: string;
  readonly contextSize: number;
  readonly prependBos: boolean;
  /** How it was trained, and what was measured. */
  readonly training: Readonly<Record<string, unknown>>;
}

export function writeSaeLens(weights: SaeLensWeights, origin: SaeOrigin): TrainedFile[] {
  const { siteIn, siteOut, k, nLatents, encoder, encoderBias, decoder, decoderBias } = weights;
  const isTranscoder = siteIn !== siteOut;
  const [dIn, dOut] = [encoder.length / nLatents, decoderBias.length];
  const cfg = {
    architecture: isTranscoder ? "transcoder" : "topk",
    ...(isTranscoder ? { activation_fn: "topk", activation_fn_kwargs: { k }, d_out: dOut } : {}),
    ...{ d_in: dIn, d_sae: nLatents, k, dtype: "float32", device: "cpu" },
    apply_b_dec_to_input: !isTranscoder,
    ...{ normalize_activations: "none", reshape_activations: "none", rescale_acts_by_decoder_norm: false },
    metadata: {
      model_name: origin.modelName,
      model_sha256: origin.modelSha256,
      hook_name: toHookName(siteIn),
      ...(isTranscoder ? { hook_name_out: toHookName(siteOut) } : {}),
      context_size: origin.contextSize,
      prepend_bos: origin.prependBos,
      trained_by: "Vitrine",
      ...origin.training,
    },
  };
  const tensors = [
    { name: "W_enc", shape: [dIn, nLatents], data: transposed(encoder, nLatents, dIn) },
    { name: "b_enc", shape: [nLatents], data: encoderBias },
    { name: "W_dec", shape: [nLatents, dOut], data: decoder },
    { name: "b_dec", shape: [dOut], data: decoderBias },
  ];
  return [
    { name: "cfg.json", data: new TextEncoder().encode(`${JSON.stringify(cfg, null, 1)}\n`) },
    { name: "sae_weights.safetensors", data: writeSafetensors(tensors) },
  ];
}

function transposed(data: Float32Array, rows: number, cols: number): Float32Array {
  const turned = new Float32Array(data.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < cols; c++) turned[c * rows + r] = data[r * cols + c] ?? 0;
  return turned;
}
