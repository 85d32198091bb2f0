/**
 * Changes of an autoencoder's latents, carried out on what the model computes:
 *
 *   z = latents of x;  z′ = z with the row's changes;  d = (z′ − z) · decoder, in the units of x
 *   error term kept:     y + d
 *   error term dropped:  reconstruction of x from z, + d, in rows that have changes; y in the others
 *
 * x is what the autoencoder reads, y what it writes: the same tensor, but for a transcoder. Rows without changes stay bit
 * for bit.
 */
import type { Tensor, TensorMemory } from "../device/tensor";
import { VitrineError } from "../../protocol/errors";
import { chooseRows } from "../kernels/chooseRows/chooseRows";
import { latentDelta } from "../kernels/latentDelta/latentDelta";
import { addLatents } from "./sae";
import { saeEncode, saeReconstruct } from "./saeCode";
import type { SaeWeights } from "./saeWeights";
import { makeSlots } from "./select";

/** Which latents change in which rows (shapes in kernels/latentDelta/latentDelta.wgsl). */
export interface LatentTables {
  readonly spans: Tensor;
  readonly changes: Tensor;
  readonly amounts: Tensor;
  /** Most changes of a row. */
  readonly width: number;
}

export function editLatents(
  memory: TensorMemory,
  sae: SaeWeights,
  x: Tensor,
  y: Tensor,
  tables: LatentTables,
  error: "kept" | "dropped",
): Tensor {
  return memory.scope(() => {
    const [rows = 0] = x.shape;
    const cols = sae.decoder.shape[1];
    const [nLatents, dIn] = sae.encoder.shape;
    if (x.size !== rows * dIn) throw new Error(`the autoencoder reads ${dIn} numbers, not ${x.size / rows}`);
    checkRoom(memory, sae, rows, nLatents);
    const code = saeEncode(memory, sae, x);
    const { moments } = code;
    const z = "ids" in code ? code.values : code.latents;
    const delta = makeSlots(memory, rows, tables.width);
    memory.device.run(
      latentDelta,
      {
        // A binding is never empty: what is not read stands in for what is not there.
        ...{ ids: ("ids" in code ? code.ids : tables.changes).buffer, z: z.buffer },
        ...{ spans: tables.spans.buffer, changes: tables.changes.buffer, amounts: tables.amounts.buffer },
        moments: (moments ?? tables.amounts).buffer,
        ...{ outIds: delta.ids.buffer, outValues: delta.values.buffer },
      },
      {
        ...{ rows, width: "ids" in code ? (code.ids.shape[1] ?? 0) : 0, zStride: z.shape[1] ?? 0 },
        ...{ outWidth: tables.width, hasMoments: moments ? 1 : 0 },
        scale: sae.input.scheme === "rescale" ? 1 / sae.input.factor : 1,
      },
    );
    let start = y;
    if (error === "dropped") {
      const whole = saeReconstruct(memory, sae, code, x);
      start = memory.make(y.shape, "chooseRows");
      memory.device.run(
        chooseRows,
        { spans: tables.spans.buffer, a: whole.buffer, b: y.buffer, y: start.buffer },
        { rows, cols },
      );
    }
    return addLatents(memory, sae, delta, start);
  });
}

/** Refuses what one buffer of the device can't hold: all latents of every row. */
function checkRoom(memory: TensorMemory, { activation }: SaeWeights, rows: number, nLatents: number): void {
  const most = Math.floor(memory.device.limits.maxBufferBytes / (4 * nLatents));
  if (activation.kind === "topk" || rows <= most) return;
  throw new VitrineError(
    "Unsupported",
    `${nLatents.toLocaleString("en")} latents of ${rows} tokens do not fit in one buffer of this device, which takes ${most} tokens; shorten the prompt.`,
  );
}
