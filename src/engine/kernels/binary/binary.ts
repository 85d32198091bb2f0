/** Elementwise kernels of two tensors of one shape: the residual stream's sums, a gated MLP's products. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import addWgsl from "./add.wgsl?raw";
import { binaryReference } from "./binary.ref";
import binaryWgsl from "./binary.wgsl?raw";
import multiplyWgsl from "./multiply.wgsl?raw";

function binary(name: string, wgsl: string, combine: (a: number, b: number) => number) {
  return defineKernel({
    name,
    wgsl: { "binary.wgsl": binaryWgsl, [`${name}.wgsl`]: wgsl },
    reads: { a: "f32", b: "f32" },
    writes: { y: "f32" },
    params: { count: "u32" },
    constants: { workgroupSize: 256 },
    grid: ({ count }) => flatGrid(Math.ceil(count / 256)),
    reference: binaryReference(combine),
    simd: { name, args: (at, { count }) => [at.a, at.b, at.y, count] },
  });
}

export const add = binary("add", addWgsl, (a, b) => a + b);
export const multiply = binary("multiply", multiplyWgsl, (a, b) => a * b);
