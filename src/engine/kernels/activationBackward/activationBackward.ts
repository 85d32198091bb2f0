/** Pullbacks of the elementwise functions: activation functions, soft caps, products. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import * as reference from "./activationBackward.ref";
import activationBackwardWgsl from "./activationBackward.wgsl?raw";
import geluExactWgsl from "./geluExactBackward.wgsl?raw";
import geluTanhWgsl from "./geluTanhBackward.wgsl?raw";
import multiplyWgsl from "./multiplyBackward.wgsl?raw";
import reluWgsl from "./reluBackward.wgsl?raw";
import siluWgsl from "./siluBackward.wgsl?raw";
import softcapWgsl from "./softcapBackward.wgsl?raw";

/** All but the parameters and the reference. */
const shared = (name: string, wgsl: string) =>
  ({
    name,
    wgsl: { "activationBackward.wgsl": activationBackwardWgsl, [`${name}.wgsl`]: wgsl },
    reads: { dy: "f32", v: "f32" },
    writes: { dx: "f32" },
    constants: { workgroupSize: 256 },
    grid: ({ count }: { readonly count: number }) => flatGrid(Math.ceil(count / 256)),
  }) as const;

const member = (name: string, wgsl: string, slope: (v: number) => number) =>
  defineKernel({
    ...shared(name, wgsl),
    params: { count: "u32", own: "u32" },
    reference: reference.activationBackwardReference(() => slope),
    simd: { name, args: (at, { count, own }) => [at.dy, at.v, at.dx, count, own] },
  });

export const reluBackward = member("reluBackward", reluWgsl, reference.relu);
export const siluBackward = member("siluBackward", siluWgsl, reference.silu);
export const geluTanhBackward = member("geluTanhBackward", geluTanhWgsl, reference.geluTanh);
export const geluExactBackward = member("geluExactBackward", geluExactWgsl, reference.geluExact);
/** By one of two factors; v is the other one. */
export const multiplyBackward = member("multiplyBackward", multiplyWgsl, reference.product);

/** v is what the soft cap gave. */
export const softcapBackward = defineKernel({
  ...shared("softcapBackward", softcapWgsl),
  params: { count: "u32", own: "u32", cap: "f32" },
  reference: reference.activationBackwardReference(({ cap }) => reference.softcap(cap)),
  simd: { name: "softcapBackward", args: (at, { count, own, cap }) => [at.dy, at.v, at.dx, count, own, cap] },
});
