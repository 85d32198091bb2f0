/** Whole codes of rows as lists, of any variant, with what is decoded from them. */
import type { Tensor, TensorMemory } from "../../device/tensor";
import { saeDecode, saeEncodeDense, saeEncodeTopK } from "../../ops/sae";
import type { SaeWeights } from "../../ops/saeWeights";
import { compactLatents } from "../../ops/select";

export interface ListedCodes {
  /** u32 and f32 [rows, width]; an unused slot has id NO_LATENT. */
  readonly ids: Tensor;
  readonly values: Tensor;
  readonly width: number;
  /** u32 [rows]: active latents of each row. Above `width`, the lists and what is decoded lack some. TopK always fits. */
  readonly counts: Tensor | undefined;
  /** [rows, dOut]. */
  readonly decoded: Tensor;
}

/** x [rows, dIn] → lists of `width` latents (of TopK: of k). Owned by the open scope. */
export function listedCodes(memory: TensorMemory, sae: SaeWeights, x: Tensor, width: number): ListedCodes {
  const around = sae.skip ? { x } : {};
  if (sae.activation.kind === "topk") {
    const code = saeEncodeTopK(memory, sae, x);
    const decoded = saeDecode(memory, sae, code, around);
    return { ids: code.ids, values: code.values, width: sae.activation.k, counts: undefined, decoded };
  }
  const { latents, moments } = saeEncodeDense(memory, sae, x);
  const { ids, values, counts } = compactLatents(memory, latents, width);
  const code = { ids, values, ...(moments ? { moments } : {}) };
  return { ids, values, width, counts, decoded: saeDecode(memory, sae, code, around) };
}
