/** Sparse codes turned round, and the gradients that go through them. */
import type { Kernel } from "../device/kernel";
import type { Tensor, TensorMemory } from "../device/tensor";
import { latentDots as latentDotsKernel } from "../kernels/latentDots/latentDots";
import { latentGradient as latentGradientKernel } from "../kernels/latentGradient/latentGradient";
import {
  ROWS_PER_MARK,
  slotCounts,
  slotFirsts,
  slotMarks,
  slotOrder as slotOrderKernel,
} from "../kernels/slotOrder/slotOrder";
import type { Slots } from "./select";

/** What a step of learning takes besides the kernels of a code, to compile before the first. */
export const SLOT_KERNELS = [
  ...[slotMarks, slotCounts, slotFirsts, slotOrderKernel, latentDotsKernel, latentGradientKernel],
] as readonly unknown[] as readonly Kernel[];

/** Of each latent the slots that hold it, in order of rows. */
export interface SlotOrder {
  /** u32 [rows · width]: slots; behind `firsts[latents]` nothing. */
  readonly order: Tensor;
  /** u32 [latents + 1]. */
  readonly firsts: Tensor;
  /** u32 [latents]: rows that use each. */
  readonly counts: Tensor;
}

/** No row may have a latent twice. */
export function slotOrder(memory: TensorMemory, { ids }: Slots, latents: number): SlotOrder {
  const [rows = 0, width = 0] = ids.shape;
  const { device } = memory;
  const order = memory.make([rows * width], "slotOrder");
  const firsts = memory.make([latents + 1], "slotOrder");
  const counts = memory.make([latents], "slotOrder");
  memory.scope(() => {
    const blocks = Math.ceil(rows / ROWS_PER_MARK);
    const marks = memory.make([blocks, latents], "slotOrder");
    const before = memory.make([blocks, latents], "slotOrder");
    device.run(slotMarks, { ids: ids.buffer, marks: marks.buffer }, { rows, width, latents });
    device.run(
      slotCounts,
      { marks: marks.buffer, before: before.buffer, counts: counts.buffer },
      { blocks, latents },
    );
    device.run(slotFirsts, { counts: counts.buffer, firsts: firsts.buffer }, { latents });
    device.run(
      slotOrderKernel,
      {
        ...{ ids: ids.buffer, marks: marks.buffer, before: before.buffer },
        ...{ firsts: firsts.buffer, order: order.buffer },
      },
      { rows, width, latents },
    );
  });
  return { order, firsts, counts };
}

/** Pullback of a sparse decoder to its values: g [rows, cols], decoder f32 [latents, cols] → [rows, width]; 0 where a value is 0. */
export function latentDots(memory: TensorMemory, g: Tensor, { ids, values }: Slots, decoder: Tensor): Tensor {
  const [rows = 0, width = 0] = ids.shape;
  const [latents = 0, cols = 0] = decoder.shape;
  const d = memory.make([rows, width], "latentDots");
  memory.device.run(
    latentDotsKernel,
    { g: g.buffer, ids: ids.buffer, values: values.buffer, w: decoder.buffer, d: d.buffer },
    { rows, width, latents, cols },
  );
  return d;
}

/**
 * Σ over the rows that use each latent of what it is worth there (`worth` [rows, width]) times the row of x [rows, cols]:
 * [latents, cols]; and the same sum without x [1, latents].
 */
export function latentGradient(
  memory: TensorMemory,
  worth: Tensor,
  x: Tensor,
  { order, firsts, counts }: SlotOrder,
): { readonly weights: Tensor; readonly bias: Tensor } {
  const latents = counts.size;
  const cols = x.shape[1] ?? 0;
  const weights = memory.make([latents, cols], "latentGradient");
  const bias = memory.make([1, latents], "latentGradient");
  memory.device.run(
    latentGradientKernel,
    {
      ...{ d: worth.buffer, x: x.buffer, order: order.buffer, firsts: firsts.buffer },
      ...{ dw: weights.buffer, db: bias.buffer },
    },
    { latents, width: worth.shape[1] ?? 0, cols },
  );
  return { weights, bias };
}
