/**
 * AdamW on the device (Kingma & Ba 2015; Loshchilov & Hutter 2019): parameters with the moments of their gradients, moved in
 * place. A parameter may be held to a constraint.
 */
import type { Kernel } from "../device/kernel";
import type { Tensor, TensorMemory } from "../device/tensor";
import { adam } from "../kernels/adam/adam";
import { adamUnitRows } from "../kernels/adamUnitRows/adamUnitRows";

/**
 *   unitRows  every row has length 1: what the gradient would do to its length is taken off first (Bricken et al. 2023)
 */
export type Constraint = "unitRows";

/** What a step takes, to compile before the first. */
export const OPTIMIZER_KERNELS = [adam, adamUnitRows] as readonly unknown[] as readonly Kernel[];

/** All three f32, of one shape; they live until `freeParameter`. */
export interface Parameter {
  readonly value: Tensor;
  /** Running means of the gradient and of its square. */
  readonly mean: Tensor;
  readonly square: Tensor;
  readonly constraint?: Constraint;
}

export interface AdamSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Of weights towards 0, for each unit of rate. */
  readonly decay: number;
}

/** Those of the released autoencoders of Gao et al. 2024. */
export const ADAM: AdamSettings = { beta1: 0.9, beta2: 0.999, eps: 6.25e-10, decay: 0 };

/** A parameter that has not moved yet, with these values. */
export function createParameter(
  memory: TensorMemory,
  values: Float32Array<ArrayBuffer>,
  shape: readonly number[],
  constraint?: Constraint,
): Parameter {
  const kept = (data: Float32Array<ArrayBuffer>, name: string) => memory.keep(memory.from(data, shape, name));
  return {
    value: kept(values, "parameter"),
    mean: kept(new Float32Array(values.length), "mean of gradients"),
    square: kept(new Float32Array(values.length), "mean of squared gradients"),
    ...(constraint ? { constraint } : {}),
  };
}

export function freeParameter(memory: TensorMemory, { value, mean, square }: Parameter): void {
  for (const tensor of [value, mean, square]) memory.release(tensor);
}

/**
 * Moves a parameter by its gradient, times `gradientScale` (clipping). `step` counts from 1: the moments start at 0, and
 * early ones are made as large as they would be.
 */
export function adamStep(
  memory: TensorMemory,
  { value, mean, square, constraint }: Parameter,
  gradient: Tensor,
  how: { readonly step: number; readonly rate: number; readonly gradientScale: number },
  settings: AdamSettings,
): void {
  const { beta1, beta2, eps, decay } = settings;
  const { step, rate, gradientScale } = how;
  const buffers = { g: gradient.buffer, w: value.buffer, m: mean.buffer, v: square.buffer };
  const numbers = {
    ...{ rate, beta1, beta2, eps, decay, gradientScale },
    ...{ correction1: 1 - beta1 ** step, correction2: 1 - beta2 ** step },
  };
  if (constraint === "unitRows") {
    const [rows = 0, cols = 0] = value.shape;
    memory.device.run(adamUnitRows, buffers, { rows, cols, ...numbers });
  } else memory.device.run(adam, buffers, { count: value.size, ...numbers });
}
