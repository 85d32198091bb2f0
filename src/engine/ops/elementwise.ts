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
import { backward } from "./backward";

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

const BACKWARD = {
  gelu: "geluExactBackward",
  gelu_new: "geluTanhBackward",
  gelu_fast: "geluTanhBackward",
  gelu_pytorch_tanh: "geluTanhBackward",
  silu: "siluBackward",
  swish: "siluBackward",
  relu: "reluBackward",
} as const satisfies Record<keyof typeof ACTIVATIONS, unknown>;

export type ActivationName = keyof typeof ACTIVATIONS;

export const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as ActivationName[];

export function activation(memory: TensorMemory, x: Tensor, name: ActivationName): Tensor {
  const y = memory.make(x.shape, name);
  memory.fill(y, () => memory.device.run(ACTIVATIONS[name], { x: x.buffer, y: y.buffer }, { count: x.size }));
  memory.tape?.record(y, [x], (dy) => [timesSlope(memory, BACKWARD[name], dy, x)]);
  return y;
}

/** a + b, same shape: the residual stream. */
export function add(memory: TensorMemory, a: Tensor, b: Tensor): Tensor {
  const y = memory.make(a.shape, "add");
  memory.fill(y, () =>
    memory.device.run(addKernel, { a: a.buffer, b: b.buffer, y: y.buffer }, { count: a.size }),
  );
  memory.tape?.record(y, [a, b], (dy) => [dy, dy]);
  return y;
}

/** a b, same shape, element by element: a gated MLP. */
export function multiply(memory: TensorMemory, a: Tensor, b: Tensor): Tensor {
  const y = memory.make(a.shape, "multiply");
  memory.fill(y, () =>
    memory.device.run(multiplyKernel, { a: a.buffer, b: b.buffer, y: y.buffer }, { count: a.size }),
  );
  memory.tape?.record(y, [a, b], (dy, [wantsA, wantsB]) => [
    wantsA ? timesSlope(memory, "multiplyBackward", dy, b) : undefined,
    wantsB ? timesSlope(memory, "multiplyBackward", dy, a) : undefined,
  ]);
  return y;
}

export function scale(memory: TensorMemory, x: Tensor, factor: number): Tensor {
  const y = memory.make(x.shape, "scale");
  memory.device.run(scaleKernel, { x: x.buffer, y: y.buffer }, { count: x.size, factor });
  memory.tape?.record(y, [x], (dy) => [scale(memory, dy, factor)]);
  return y;
}

/** cap tanh(x / cap): Gemma 2's bound on scores and logits. */
export function softcap(memory: TensorMemory, x: Tensor, cap: number): Tensor {
  const y = memory.make(x.shape, "softcap");
  memory.device.run(softcapKernel, { x: x.buffer, y: y.buffer }, { count: x.size, cap });
  memory.tape?.record(y, [x], (dy) => [softcapBackward(memory, dy, y, cap)]);
  return y;
}

/** Of cap tanh(x / cap), from what it gave; dy [scalars, …y]. */
export function softcapBackward(memory: TensorMemory, dy: Tensor, y: Tensor, cap: number): Tensor {
  const dx = memory.make(dy.shape, "softcapBackward");
  const buffers = { dy: dy.buffer, v: y.buffer, dx: dx.buffer };
  memory.device.run(backward().softcapBackward, buffers, { count: dy.size, own: y.size, cap });
  return dx;
}

/** dy [scalars, …v] times the slope at v. */
function timesSlope(
  memory: TensorMemory,
  name: (typeof BACKWARD)[ActivationName] | "multiplyBackward",
  dy: Tensor,
  v: Tensor,
): Tensor {
  const dx = memory.make(dy.shape, name);
  const buffers = { dy: dy.buffer, v: v.buffer, dx: dx.buffer };
  memory.device.run(backward()[name], buffers, { count: dy.size, own: v.size });
  return dx;
}
