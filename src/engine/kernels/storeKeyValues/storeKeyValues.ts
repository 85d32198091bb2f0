/** Fills the KV cache: the one kernel of the forward pass that writes in place. */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import { storeKeyValuesReference } from "./storeKeyValues.ref";
import wgsl from "./storeKeyValues.wgsl?raw";

const workgroupSize = 64;

export const storeKeyValues = defineKernel({
  name: "storeKeyValues",
  wgsl,
  reads: { keys: "f32", values: "f32", slots: "u32" },
  writes: { keyCache: "f32", valueCache: "f32" },
  params: { rows: "u32", width: "u32", kStride: "u32", kOffset: "u32", vStride: "u32", vOffset: "u32" },
  constants: { workgroupSize },
  grid: ({ rows, width }) => flatGrid(Math.ceil((rows * width) / workgroupSize)),
  reference: storeKeyValuesReference,
});
