/** Elementwise kernels of one tensor: activation functions, soft caps, products with a number. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import geluExactWgsl from "./geluExact.wgsl?raw";
import geluTanhWgsl from "./geluTanh.wgsl?raw";
import reluWgsl from "./relu.wgsl?raw";
import scaleWgsl from "./scale.wgsl?raw";
import siluWgsl from "./silu.wgsl?raw";
import softcapWgsl from "./softcap.wgsl?raw";
import * as reference from "./unary.ref";
import unaryWgsl from "./unary.wgsl?raw";

/** All but the parameters and the reference. */
const shared = (name: string, wgsl: string) =>
  ({
    name,
    wgsl: { "unary.wgsl": unaryWgsl, [`${name}.wgsl`]: wgsl },
    reads: { x: "f32" },
    writes: { y: "f32" },
    constants: { workgroupSize: 256 },
    grid: ({ count }: { readonly count: number }) => flatGrid(Math.ceil(count / 256)),
  }) as const;

const activation = (name: string, wgsl: string, apply: (v: number) => number) =>
  defineKernel({
    ...shared(name, wgsl),
    params: { count: "u32" },
    reference: reference.unaryReference(() => apply),
    simd: { name, args: (at, { count }) => [at.x, at.y, count] },
  });

export const relu = activation("relu", reluWgsl, reference.relu);
/** SiLU, also called swish: the gate of Llama-like MLPs. */
export const silu = activation("silu", siluWgsl, reference.silu);
/** GELU in its tanh form, GPT-2's `gelu_new`. */
export const geluTanh = activation("geluTanh", geluTanhWgsl, reference.geluTanh);
/** GELU in its exact form, `gelu`. */
export const geluExact = activation("geluExact", geluExactWgsl, reference.geluExact);

/** cap tanh(x / cap): Gemma 2's bound on scores and logits. */
export const softcap = defineKernel({
  ...shared("softcap", softcapWgsl),
  params: { count: "u32", cap: "f32" },
  reference: reference.unaryReference(({ cap }) => reference.softcap(cap)),
  simd: { name: "softcap", args: (at, { count, cap }) => [at.x, at.y, count, cap] },
});

export const scale = defineKernel({
  ...shared("scale", scaleWgsl),
  params: { count: "u32", factor: "f32" },
  reference: reference.unaryReference(({ factor }) => reference.scale(factor)),
  simd: { name: "scale", args: (at, { count, factor }) => [at.x, at.y, count, factor] },
});
