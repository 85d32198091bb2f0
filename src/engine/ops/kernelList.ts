/** The kernels that running a model takes, to compile while its weights are still being read. */
import type { Kernel } from "../device/kernel";
import { add } from "../kernels/binary/binary";
import { argmax } from "../kernels/argmax/argmax";
import { attention } from "../kernels/attention/attention";
import { embedding, embeddingByte, embeddingHalf } from "../kernels/embedding/embedding";
import { layerNorm } from "../kernels/layerNorm/layerNorm";
import {
  matmulSkinny,
  matmulSkinnyByte,
  matmulSkinnyHalf,
  matmulTiled,
  matmulTiledByte,
  matmulTiledHalf,
  matvec,
  matvecByte,
  matvecHalf,
} from "../kernels/matmul/matmul";
import { scoreTargets } from "../kernels/scoreTargets/scoreTargets";
import { storeKeyValues } from "../kernels/storeKeyValues/storeKeyValues";
import { topK } from "../kernels/topK/topK";
import { ACTIVATIONS } from "./elementwise";
import type { Matrix } from "./weights";

/** What differs with the weights' precision. */
const BY_PRECISION = {
  f32: [embedding, matvec, matmulSkinny, matmulTiled],
  f16: [embeddingHalf, matvecHalf, matmulSkinnyHalf, matmulTiledHalf],
  q8: [embeddingByte, matvecByte, matmulSkinnyByte, matmulTiledByte],
} as const satisfies Record<Matrix["dtype"], readonly unknown[]>;

const ALWAYS = [add, layerNorm, attention, storeKeyValues, embedding, scoreTargets, topK, argmax] as const;

/** Kernels that are used by name only here: their own signatures do not matter to a compiler. */
export function kernelsToPrepare(precision: Matrix["dtype"]): readonly Kernel[] {
  const all = [...ALWAYS, ...BY_PRECISION[precision], ...Object.values(ACTIVATIONS)];
  return [...new Set<unknown>(all)] as readonly Kernel[];
}
