/**
 * Changes of an autoencoder's latents, carried out on what the model computes:
 *
 *   z = latents of x;  z′ = z with the row's changes;  d = (z′ − z) · decoder, in the units of x
 *   error term kept:     y + d
 *   error term dropped:  reconstruction of x from z, + d, in rows that have changes; y in the others
 *
 * Going back, with e = ∂z′/∂z, less 1 with the error term kept (kernels/latentsBackward), z's own slope and dy the cotangent:
 *
 *   to x: ((dy · decoderᵀ) ∘ e ∘ slope) · encoder, and what a skip lets past;   to y: dy, but for rows that were replaced
 *
 * x is what the autoencoder reads, y what it writes: the same tensor, but for a transcoder. Rows without changes stay bit
 * for bit.
 */
import type { Tensor, TensorMemory } from "../device/tensor";
import { VitrineError } from "../../protocol/errors";
import { chooseRows } from "../kernels/chooseRows/chooseRows";
import { chooseRowsBackward } from "../kernels/chooseRowsBackward/chooseRowsBackward";
import { latentsBackward } from "../kernels/latentsBackward/latentsBackward";
import { add } from "./elementwise";
import { linear, linearBackward } from "./linear";
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
  const edited = memory.untaped(() => changedLatents(memory, sae, x, y, tables, error));
  if (memory.tape?.isLive(x) || memory.tape?.isLive(y)) {
    refuseMoments(sae);
    memory.tape.record(edited, [x, y], (dy, [toX, toY]) => [
      toX ? pullToInput(memory, sae, x, dy, tables, error) : undefined,
      toY ? (error === "kept" ? dy : rowsOf(memory, dy, tables, false)) : undefined,
    ]);
  }
  return edited;
}

function changedLatents(
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
    if (sae.activation.kind !== "topk") checkRoom(memory, rows, nLatents);
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

function refuseMoments({ input: { scheme } }: SaeWeights): void {
  if (scheme === "none" || scheme === "rescale") return;
  throw new VitrineError(
    "Unsupported",
    "Gradients do not pass changes of latents of an autoencoder that normalises every row of its input.",
  );
}

/** dy [scalars * rows, cols], but 0 in the rows that have changes, or in the others. */
function rowsOf(memory: TensorMemory, dy: Tensor, { spans }: LatentTables, changed: boolean): Tensor {
  const [own = 0] = spans.shape;
  const [rows = 0] = dy.shape;
  const dx = memory.make(dy.shape, "chooseRowsBackward");
  memory.device.run(
    chooseRowsBackward,
    { dy: dy.buffer, spans: spans.buffer, dx: dx.buffer },
    { rows, own, cols: dy.size / rows, changed: changed ? 1 : 0 },
  );
  return dx;
}

/** Encodes again: nothing of the way there was kept. The factors of a rescaled input and of its output cancel. */
function pullToInput(
  memory: TensorMemory,
  sae: SaeWeights,
  x: Tensor,
  dy: Tensor,
  tables: LatentTables,
  error: "kept" | "dropped",
): Tensor {
  return memory.scope(() => {
    const [own = 0] = x.shape;
    const [latents] = sae.encoder.shape;
    const rows = dy.size / sae.decoder.shape[1];
    checkRoom(memory, rows, latents);
    const code = saeEncode(memory, sae, x);
    const z = "ids" in code ? code.values : code.latents;
    const along = linear(memory, dy, sae.decoder);
    const toLatents = memory.make([rows, latents], "latentsBackward");
    const gain = sae.activation.kind === "gated" ? sae.activation.magnitudeScale.buffer : undefined;
    memory.device.run(
      latentsBackward,
      {
        // A binding is never empty: what is not read stands in for what is not there.
        ...{ g: along.buffer, ids: ("ids" in code ? code.ids : tables.changes).buffer, z: z.buffer },
        ...{ spans: tables.spans.buffer, changes: tables.changes.buffer, amounts: tables.amounts.buffer },
        ...{ gain: gain ?? tables.amounts.buffer, d: toLatents.buffer },
      },
      {
        ...{ rows, own, latents, width: "ids" in code ? (code.ids.shape[1] ?? 0) : 0 },
        ...{ zStride: z.shape[1] ?? 0, dropped: error === "dropped" ? 1 : 0, hasGain: gain ? 1 : 0 },
      },
    );
    const dx = linearBackward(memory, toLatents, sae.encoder);
    if (!sae.skip || error === "kept") return dx;
    return add(memory, dx, linearBackward(memory, rowsOf(memory, dy, tables, true), sae.skip));
  });
}

/** Refuses what one buffer of the device can't hold: all latents of every row. */
function checkRoom(memory: TensorMemory, rows: number, nLatents: number): void {
  const most = Math.floor(memory.device.limits.maxBufferBytes / (4 * nLatents));
  if (rows <= most) return;
  throw new VitrineError(
    "Unsupported",
    `${nLatents.toLocaleString("en")} latents of ${rows} tokens do not fit in one buffer of this device, which takes ${most} tokens; shorten the prompt.`,
  );
}
