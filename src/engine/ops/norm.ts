/** Normalisation of each row; the statistics are taken in f32 or better. */
import type { Tensor, TensorMemory } from "../device/tensor";
import { layerNorm as layerNormKernel } from "../kernels/layerNorm/layerNorm";
import { rmsNorm as rmsNormKernel } from "../kernels/rmsNorm/rmsNorm";
import type { Vector } from "./weights";

/** x [rows, cols] → (x - mean) / sqrt(variance + eps) * weight + bias, row by row (Ba et al. 2016). */
export function layerNorm(
  memory: TensorMemory,
  x: Tensor,
  weight: Vector,
  bias: Vector,
  eps: number,
): Tensor {
  const [rows = 0, cols = 0] = x.shape;
  const y = memory.make(x.shape, "layerNorm");
  memory.device.run(
    layerNormKernel,
    { x: x.buffer, weight: weight.buffer, bias: bias.buffer, y: y.buffer },
    { rows, cols, eps },
  );
  return y;
}

/**
 * x [rows, …] → x / sqrt(mean(x²) + eps) * (weight + weightOffset), over as many elements at a time as there are
 * weights: whole rows, or each head of a row (Zhang & Sennrich 2019).
 */
export function rmsNorm(
  memory: TensorMemory,
  x: Tensor,
  weight: Vector,
  eps: number,
  weightOffset = 0,
): Tensor {
  const cols = weight.size;
  const rows = x.size / cols;
  const y = memory.make(x.shape, "rmsNorm");
  memory.device.run(
    rmsNormKernel,
    { x: x.buffer, weight: weight.buffer, y: y.buffer },
    { rows, cols, eps, weightOffset },
  );
  return y;
}
