/** Ops that treat every element alike. */
import type { Tensor, TensorMemory } from "../device/tensor";
import { add as addKernel, multiply as multiplyKernel } from "../kernels/binary/binary";
import {
  geluExact,
  geluTanh,
  relu,
  scale as scaleKernel,
  silu,
  softcap as softcapKernel,
} from "../kernels/unary/unary";

/** The activation functions by the exact names that checkpoints use. */
export const ACTIVATIONS = {
  gelu: geluExact,
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  silu,
  swish: silu,
  relu,
} as const;

export type ActivationName = keyof typeof ACTIVATIONS;

export const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as ActivationName[];

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

/** a b, same shape, element by element: a gated MLP. */
export function multiply(memory: TensorMemory, a: Tensor, b: Tensor): Tensor {
  const y = memory.make(a.shape, "multiply");
  memory.device.run(multiplyKernel, { a: a.buffer, b: b.buffer, y: y.buffer }, { count: a.size });
  return y;
}

export function scale(memory: TensorMemory, x: Tensor, factor: number): Tensor {
  const y = memory.make(x.shape, "scale");
  memory.device.run(scaleKernel, { x: x.buffer, y: y.buffer }, { count: x.size, factor });
  return y;
}

/** cap tanh(x / cap): Gemma 2's bound on scores and logits. */
export function softcap(memory: TensorMemory, x: Tensor, cap: number): Tensor {
  const y = memory.make(x.shape, "softcap");
  memory.device.run(softcapKernel, { x: x.buffer, y: y.buffer }, { count: x.size, cap });
  return y;
}
