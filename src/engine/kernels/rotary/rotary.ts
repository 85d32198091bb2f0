/** Rotary position embedding, for queries and for keys before they are stored. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { rotaryReference } from "./rotary.ref";
import rotaryWgsl from "./rotary.wgsl?raw";
import turnWgsl from "./turn.wgsl?raw";

const workgroupSize = 64;

export const rotary = defineKernel({
  name: "rotary",
  wgsl: { "rotary.wgsl": rotaryWgsl, "turn.wgsl": turnWgsl },
  reads: { x: "f32", positions: "u32", frequencies: "f32" },
  writes: { y: "f32" },
  params: {
    rows: "u32",
    heads: "u32",
    dHead: "u32",
    rotaryDims: "u32",
    xStride: "u32",
    xOffset: "u32",
    interleaved: "u32",
    magnitude: "f32",
  },
  constants: { workgroupSize },
  grid: ({ rows, heads, dHead }) => flatGrid(Math.ceil((rows * heads * dHead) / workgroupSize)),
  reference: rotaryReference,
});
