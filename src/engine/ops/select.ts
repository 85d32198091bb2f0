/** Sparse codes out of dense rows: the k largest of each, or all that is not zero. */
import type { Tensor, TensorMemory } from "../device/tensor";
import { compactRows } from "../kernels/compactRows/compactRows";
import { topKSelect } from "../kernels/topKSelect/topKSelect";

/** The largest k that `selectTop` takes. */
export const MAX_SELECT_K = 512;
/** The id of an empty slot; its value is 0. */
export const NO_LATENT = 0xffffffff;

/** Slots of each row, used ones first. */
export interface Slots {
  /** u32 [rows, width]. */
  readonly ids: Tensor;
  /** f32 [rows, width]. */
  readonly values: Tensor;
}

/** Columns of a part of a row, and workgroups that keep a GPU busy. */
const SEGMENT_COLS = 8192;
const MANY_WORKGROUPS = 256;

/**
 * Few long rows would leave most of a GPU idle, one workgroup a row: they are cut, selected from in parts, and merged in a
 * second dispatch. Up to 32,768 columns that second dispatch costs what the cut saves.
 */
export function segmentsFor(memory: TensorMemory, rows: number, cols: number): number {
  if (memory.device.kind === "cpu" || cols <= 4 * SEGMENT_COLS) return 1;
  return Math.max(1, Math.min(Math.floor(cols / SEGMENT_COLS), Math.ceil(MANY_WORKGROUPS / rows)));
}

/**
 * The k largest of each row of x [rows, cols], largest first, ties to the lower column, NaN never; with `positiveOnly` none
 * that is not above 0. Written to `into`, which may hold more rows, from row `firstRow` on.
 */
export function selectTop(
  memory: TensorMemory,
  x: Tensor,
  k: number,
  positiveOnly: boolean,
  into: { readonly slots: Slots; readonly firstRow: number } = {
    slots: makeSlots(memory, x.shape[0] ?? 0, k),
    firstRow: 0,
  },
  segments = segmentsFor(memory, x.shape[0] ?? 0, x.shape[1] ?? 0),
): Slots {
  if (k < 1 || k > MAX_SELECT_K) throw new Error(`topKSelect takes a k of 1 to ${MAX_SELECT_K}, not ${k}`);
  const [rows = 0] = x.shape;
  const { slots, firstRow } = into;
  const select = (from: Tensor, sourceIds: Tensor | undefined, parts: number, to: Slots, outOffset: number) =>
    memory.device.run(
      topKSelect,
      {
        ...{ x: from.buffer, sourceIds: (sourceIds ?? from).buffer },
        ...{ ids: to.ids.buffer, values: to.values.buffer },
      },
      {
        ...{ rows, cols: from.shape[1] ?? 0, k, segments: parts, positiveOnly: positiveOnly ? 1 : 0 },
        ...{ hasIds: sourceIds ? 1 : 0, outStride: parts * k, outOffset },
      },
    );
  if (segments === 1) select(x, undefined, 1, slots, firstRow * k);
  else {
    memory.scope(() => {
      const parts = makeSlots(memory, rows, segments * k);
      select(x, undefined, segments, parts, 0);
      select(parts.values, parts.ids, 1, slots, firstRow * k);
    });
  }
  return slots;
}

/**
 * All columns of each row of x [rows, cols] that are neither 0 nor NaN, in order of columns, and how many there are
 * (u32 [rows]): where a count exceeds `width`, the last are missing.
 */
export function compactLatents(memory: TensorMemory, x: Tensor, width: number): Slots & { counts: Tensor } {
  const [rows = 0, cols = 0] = x.shape;
  const slots = makeSlots(memory, rows, width);
  const counts = memory.make([rows], "compactRows");
  memory.device.run(
    compactRows,
    { x: x.buffer, ids: slots.ids.buffer, values: slots.values.buffer, counts: counts.buffer },
    { rows, cols, width },
  );
  return { ...slots, counts };
}

export function makeSlots(memory: TensorMemory, rows: number, width: number): Slots {
  return { ids: memory.make([rows, width], "slots"), values: memory.make([rows, width], "slots") };
}
