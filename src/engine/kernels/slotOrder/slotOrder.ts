/**
 * Sparse codes turned round: of each latent the slots that hold it, in order of rows. What a sum over the rows that use a
 * latent goes through, so that such sums need no atomics on floats and never depend on chance. Four dispatches: mark, count,
 * scan, scatter.
 */
import { defineKernel } from "../../device/kernel";
import { flatGrid } from "../grid";
import {
  slotCountsReference,
  slotFirstsReference,
  slotMarksReference,
  slotOrderReference,
} from "./slotOrder.ref";
import slotCountsWgsl from "./slotCounts.wgsl?raw";
import slotFirstsWgsl from "./slotFirsts.wgsl?raw";
import slotMarksWgsl from "./slotMarks.wgsl?raw";
import slotOrderWgsl from "./slotOrder.wgsl?raw";

/** Rows whose marks share a word. */
export const ROWS_PER_MARK = 32;

export const slotMarks = defineKernel({
  name: "slotMarks",
  wgsl: slotMarksWgsl,
  reads: { ids: "u32" },
  writes: { marks: "u32" },
  params: { rows: "u32", width: "u32", latents: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows }) => flatGrid(Math.ceil(rows / ROWS_PER_MARK)),
  reference: slotMarksReference,
});

export const slotCounts = defineKernel({
  name: "slotCounts",
  wgsl: slotCountsWgsl,
  reads: { marks: "u32" },
  writes: { before: "u32", counts: "u32" },
  params: { blocks: "u32", latents: "u32" },
  constants: { workgroupSize: 64 },
  grid: ({ latents }) => flatGrid(Math.ceil(latents / 64)),
  reference: slotCountsReference,
});

export const slotFirsts = defineKernel({
  name: "slotFirsts",
  wgsl: slotFirstsWgsl,
  reads: { counts: "u32" },
  writes: { firsts: "u32" },
  params: { latents: "u32" },
  grid: () => [1, 1, 1],
  reference: slotFirstsReference,
});

export const slotOrder = defineKernel({
  name: "slotOrder",
  wgsl: slotOrderWgsl,
  reads: { ids: "u32", marks: "u32", before: "u32", firsts: "u32" },
  writes: { order: "u32" },
  params: { rows: "u32", width: "u32", latents: "u32" },
  constants: { workgroupSize: 256 },
  grid: ({ rows, width }) => flatGrid(Math.ceil((rows * width) / 256)),
  reference: slotOrderReference,
});
