/** What exceeds its latent's threshold: the activation of JumpReLU and BatchTopK autoencoders. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { jumpReluReference } from "./jumpRelu.ref";
import wgsl from "./jumpRelu.wgsl?raw";

export const jumpRelu = defineKernel({
  name: "jumpRelu",
  wgsl,
  reads: { x: "f32", threshold: "f32" },
  writes: { y: "f32" },
  params: { rows: "u32", cols: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, cols }) => flatGrid(Math.ceil((rows * cols) / 256)),
  reference: jumpReluReference,
  simd: { name: "jumpRelu", args: (at, { rows, cols }) => [at.x, at.threshold, at.y, rows, cols] },
});
