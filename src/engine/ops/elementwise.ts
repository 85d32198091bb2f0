/** Ops that treat every element alike. */
import type { Tensor, TensorMemory } from "../device/tensor";
import { add as addKernel } from "../kernels/add/add";
import { geluExact } from "../kernels/geluExact/geluExact";
import { geluTanh } from "../kernels/geluTanh/geluTanh";

/** The activation functions by the exact names that checkpoints use. */
export const ACTIVATIONS = {
  gelu: geluExact,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
} as const;

export type ActivationName = keyof typeof ACTIVATIONS;

export function activation(memory: TensorMemory, x: Tensor, name: ActivationName): Tensor {
  const y = memory.make(x.shape, name);
  memory.device.run(ACTIVATIONS[name], { x: x.buffer, y: y.buffer }, { count: x.size });
  return y;
}

/** a + b, same shape: the residual stream. */
export function add(memory: TensorMemory, a: Tensor, b: Tensor): Tensor {
  const y = memory.make(a.shape, "add");
  memory.device.run(addKernel, { a: a.buffer, b: b.buffer, y: y.buffer }, { count: a.size });
  return y;
}
