/** Greedy choice of the next token, on the device: four bytes to read back instead of a logit row. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { argmaxReference } from "./argmax.ref";
import wgsl from "./argmax.wgsl?raw";

export const argmax = defineKernel({
  name: "argmax",
  wgsl,
  reads: { logits: "f32" },
  writes: { ids: "u32" },
  params: { rows: "u32", cols: "u32" },
  grid: ({ rows }) => flatGrid(rows),
  reference: argmaxReference,
});
