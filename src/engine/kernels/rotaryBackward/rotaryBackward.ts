/** Pullback of rotary positions. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import turnWgsl from "../rotary/turn.wgsl?raw";
import { rotaryBackwardReference } from "./rotaryBackward.ref";
import rotaryBackwardWgsl from "./rotaryBackward.wgsl?raw";

const workgroupSize = 64;

export const rotaryBackward = defineKernel({
  name: "rotaryBackward",
  wgsl: { "rotaryBackward.wgsl": rotaryBackwardWgsl, "rotary/turn.wgsl": turnWgsl },
  reads: { dy: "f32", positions: "u32", frequencies: "f32" },
  writes: { dx: "f32" },
  params: {
    rows: "u32",
    own: "u32",
    heads: "u32",
    dHead: "u32",
    rotaryDims: "u32",
    interleaved: "u32",
    magnitude: "f32",
  },
  constants: { workgroupSize },
  grid: ({ rows, heads, dHead }) => flatGrid(Math.ceil((rows * heads * dHead) / workgroupSize)),
  reference: rotaryBackwardReference,
});
