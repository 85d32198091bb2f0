/**
 * The code of an autoencoder of any variant: the one place that tells TopK from the others. Of TopK it is the lists of
 * its k largest latents, of the others all latents. Owned by the open scope.
 */
import type { Tensor, TensorMemory } from "../device/tensor";
import {
  saeDecode,
  saeDecodeDense,
  saeEncodeDense,
  saeEncodeTopK,
  type SaeCode,
  type SaeLatents,
} from "./sae";
import type { SaeWeights } from "./saeWeights";
import { compactLatents } from "./select";

/** x [rows, dIn] → its code; `k` in place of a TopK autoencoder's trained one. */
export function saeEncode(
  memory: TensorMemory,
  sae: SaeWeights,
  x: Tensor,
  k?: number,
): SaeCode | SaeLatents {
  const { activation } = sae;
  if (activation.kind === "topk") return saeEncodeTopK(memory, sae, x, k ?? activation.k);
  return saeEncodeDense(memory, sae, x);
}

/** A code → [rows, dOut]; `x` as it was encoded, which a skip transcoder lets past. */
export function saeReconstruct(
  memory: TensorMemory,
  sae: SaeWeights,
  code: SaeCode | SaeLatents,
  x: Tensor,
): Tensor {
  const around = sae.skip ? { x } : {};
  return "ids" in code ? saeDecode(memory, sae, code, around) : saeDecodeDense(memory, sae, code, around);
}

export interface ListedCode extends SaeCode {
  /** u32 [rows]: active latents of each row. Above the lists' width, the lists lack some. TopK always fits. */
  readonly counts?: Tensor;
}

/** The same as lists of `width` latents; a code that is lists already keeps its own width. */
export function listed(memory: TensorMemory, code: SaeCode | SaeLatents, width: number): ListedCode {
  if ("ids" in code) return code;
  const { latents, moments } = code;
  return { ...compactLatents(memory, latents, width), ...(moments ? { moments } : {}) };
}
