/**
 * Normalisation of each row; the statistics are taken in f32 or better. What a row is divided by, its scale, can be
 * tapped; where it is edited the norm's last steps are done again with the edited scale.
 */
import type { Tensor, TensorMemory } from "../device/tensor";
import { multiply } from "../kernels/binary/binary";
import { layerNorm as layerNormKernel } from "../kernels/layerNorm/layerNorm";
import { normApply } from "../kernels/normApply/normApply";
import { rmsNorm as rmsNormKernel } from "../kernels/rmsNorm/rmsNorm";
import { scale as scaleKernel } from "../kernels/unary/unary";
import { backward } from "./backward";
import { summedRows } from "./summedRows";
import type { Vector } from "./weights";

/** Where the scale [rows, 1] passes through. */
export interface ScaleTap {
  /** What the tap gives back may differ from what it was given. */
  readonly edited: boolean;
  tap(scale: Tensor): Tensor;
}

/** x [rows, cols] → (x - mean) / scale * weight + bias, scale = sqrt(variance + eps), row by row (Ba et al. 2016). */
export function layerNorm(
  memory: TensorMemory,
  x: Tensor,
  weight: Vector,
  bias: Vector,
  eps: number,
  scaleTap?: ScaleTap,
): Tensor {
  const [rows = 0, cols = 0] = x.shape;
  const y = memory.make(x.shape, "layerNorm");
  const scale = memory.make([rows, 1], "layerNorm scale");
  const weights = { weight: weight.buffer, bias: bias.buffer };
  memory.device.run(
    layerNormKernel,
    { x: x.buffer, ...weights, y: y.buffer, scale: scale.buffer },
    { rows, cols, eps },
  );
  const norm: Norm = { x, scale, weight, bias, weightOffset: 0, centred: 1 };
  recordScale(memory, norm);
  const divisor = scaleTap?.tap(scale) ?? scale;
  if (!scaleTap?.edited) return recorded(memory, norm, divisor, y);
  const edited = memory.make(x.shape, "layerNorm");
  memory.device.run(
    normApply,
    { x: x.buffer, scale: divisor.buffer, ...weights, y: edited.buffer },
    { rows, cols, centred: 1, weightOffset: 0 },
  );
  return recorded(memory, norm, divisor, edited);
}

/**
 * x [rows, …] → x / scale * (weight + weightOffset), scale = sqrt(mean(x²) + eps), over as many elements at a time as
 * there are weights: whole rows, or each head of a row (Zhang & Sennrich 2019).
 */
export function rmsNorm(
  memory: TensorMemory,
  x: Tensor,
  weight: Vector,
  eps: number,
  weightOffset = 0,
  scaleTap?: ScaleTap,
): Tensor {
  const cols = weight.size;
  const rows = x.size / cols;
  const y = memory.make(x.shape, "rmsNorm");
  const scale = memory.make([rows, 1], "rmsNorm scale");
  memory.device.run(
    rmsNormKernel,
    { x: x.buffer, weight: weight.buffer, y: y.buffer, scale: scale.buffer },
    { rows, cols, eps, weightOffset },
  );
  const norm: Norm = { x, scale, weight, weightOffset, centred: 0 };
  recordScale(memory, norm);
  const divisor = scaleTap?.tap(scale) ?? scale;
  if (!scaleTap?.edited) return recorded(memory, norm, divisor, y);
  const edited = memory.make(x.shape, "rmsNorm");
  memory.device.run(
    normApply,
    // The bias is not read.
    { x: x.buffer, scale: divisor.buffer, weight: weight.buffer, bias: weight.buffer, y: edited.buffer },
    { rows, cols, centred: 0, weightOffset },
  );
  return recorded(memory, norm, divisor, edited);
}

/** What the way back needs of a norm. */
interface Norm {
  readonly x: Tensor;
  /** [rows, 1], as it was made from x. */
  readonly scale: Tensor;
  readonly weight: Vector;
  readonly bias?: Vector;
  readonly weightOffset: number;
  readonly centred: 0 | 1;
}

/** The scale is made from x, unless scales are held constant. */
function recordScale(memory: TensorMemory, { x, scale, weight, centred }: Norm): void {
  if (memory.tape?.isFrozen("scales")) return;
  const cols = weight.size;
  memory.tape?.record(scale, [x], (dScale) => {
    const dx = memory.make([dScale.size, cols], "normScaleBackward");
    memory.device.run(
      backward().normScaleBackward,
      { dScale: dScale.buffer, x: x.buffer, scale: scale.buffer, dx: dx.buffer },
      { rows: dScale.size, own: scale.size, cols, centred },
    );
    return [dx];
  });
}

/** y, made from x and from what it was divided by. */
function recorded(memory: TensorMemory, norm: Norm, divisor: Tensor, y: Tensor): Tensor {
  const { x, weight, bias, weightOffset, centred } = norm;
  const cols = weight.size;
  const toInputs = (dy: Tensor) => {
    const rows = dy.size / cols;
    const dx = memory.make([rows, cols], "normBackward");
    const dScale = memory.make([rows, 1], "normBackward");
    memory.device.run(
      backward().normBackward,
      {
        ...{ dy: dy.buffer, x: x.buffer, scale: divisor.buffer, weight: weight.buffer },
        ...{ dx: dx.buffer, dScale: dScale.buffer },
      },
      { rows, own: divisor.size, cols, centred, weightOffset },
    );
    return [dx, dScale];
  };
  const { tape } = memory;
  tape?.record(y, [x, divisor], (dy, wants) => (wants.some(Boolean) ? toInputs(dy) : []), [
    { weight, pullback: (dy) => weightBackward(memory, norm, divisor, tape?.tables?.ones, dy) },
    ...(bias ? [{ weight: bias, pullback: (dy: Tensor) => summedRows(memory, dy, cols) }] : []),
  ]);
  return y;
}

/** What each weight multiplies, which is the norm with weights of one, times its cotangent, summed over rows: [cols]. */
function weightBackward(
  memory: TensorMemory,
  { x, weight, centred }: Norm,
  divisor: Tensor,
  ones: Tensor | undefined,
  dy: Tensor,
): Tensor {
  if (!ones) throw new Error("the weight of a norm is wanted without its tables");
  const cols = weight.size;
  const zeros = memory.make([cols], "zeros");
  memory.device.run(scaleKernel, { x: ones.buffer, y: zeros.buffer }, { count: cols, factor: 0 });
  const plain = memory.make(x.shape, "normApply");
  memory.device.run(
    normApply,
    { x: x.buffer, scale: divisor.buffer, weight: ones.buffer, bias: zeros.buffer, y: plain.buffer },
    { rows: divisor.size, cols, centred, weightOffset: 0 },
  );
  const products = memory.make(x.shape, "multiply");
  memory.device.run(multiply, { a: dy.buffer, b: plain.buffer, y: products.buffer }, { count: x.size });
  return summedRows(memory, products, cols);
}
