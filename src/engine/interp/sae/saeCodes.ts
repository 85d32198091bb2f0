/** What methods share that encode and reconstruct with an attached autoencoder, whatever its variant. */
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import type { EditedPrompt } from "../../../protocol/interventions";
import type { Site } from "../../../protocol/sites";
import type { Tensor, TensorMemory } from "../../device/tensor";
import { checkPrompt } from "../../models/checks";
import type { Model } from "../../models/model";
import type { Sae } from "../../models/sae";
import { gatherRows } from "../../ops/embedding";
import { compactLatents, MAX_SELECT_K, selectTop } from "../../ops/select";
import { saeEncode, saeReconstruct } from "../../ops/saeCode";
import { prefixOf, type SaeWeights } from "../../ops/saeWeights";
import { pieces } from "../pass/forwardPass";
import { resolveEdits } from "../interventions/index";
import { ActivationCache } from "../activations/activationCache";

/** Latents of all rows that are in memory at a time, where a variant has no k. */
const DENSE_BYTES = 64 * 2 ** 20;
const ROWS = 1024;

/** Rows that are encoded at a time. */
export function rowsPerChunk({ memory }: Pick<Model, "memory">, { activation, encoder }: SaeWeights): number {
  if (activation.kind === "topk") return ROWS;
  const bytes = Math.min(DENSE_BYTES, memory.device.limits.maxBufferBytes);
  return Math.max(1, Math.min(ROWS, Math.floor(bytes / (4 * encoder.shape[0]))));
}

export interface Codes {
  /** u32 and f32 [rows, listed]: most active first. */
  readonly ids: Tensor;
  readonly values: Tensor;
  /** u32 [rows]: active latents; of TopK they are all in the lists. */
  readonly counts: Tensor | undefined;
  /** [rows, dOut]. */
  readonly reconstruction: Tensor;
}

/** x [rows, dIn]; TopK lists all of its code. Owned by the open scope. */
export function codesOf(
  memory: TensorMemory,
  sae: SaeWeights,
  x: Tensor,
  listed: number,
  k: number | undefined,
): Codes {
  const code = saeEncode(memory, sae, x, k);
  if ("ids" in code) {
    const { ids, values } = code;
    return { ids, values, counts: undefined, reconstruction: saeReconstruct(memory, sae, code, x) };
  }
  const { ids, values } = selectTop(memory, code.latents, listed, true);
  const { counts } = compactLatents(memory, code.latents, 1);
  return { ids, values, counts, reconstruction: saeReconstruct(memory, sae, code, x) };
}

/** [rows, dIn] → [rows, dOut]. Owned by the open scope. */
export function reconstruct(memory: TensorMemory, sae: SaeWeights, x: Tensor, k: number | undefined): Tensor {
  return memory.scope(() => saeReconstruct(memory, sae, saeEncode(memory, sae, x, k), x));
}

/** All latents, or a prefix of them. */
export const partOf = (sae: SaeWeights, prefix: number | undefined) =>
  prefix === undefined ? sae : prefixOf(sae, prefix);

/** Refuses sizes that the request names and the autoencoder does not have. */
export function checkSizes(
  sae: SaeWeights,
  { k, prefix, listed = 1 }: { readonly k?: number; readonly prefix?: number; readonly listed?: number },
): void {
  const [nLatents] = sae.encoder.shape;
  const most = Math.min(MAX_SELECT_K, prefix ?? nLatents);
  const within = (value: number, end: number) => Number.isInteger(value) && value >= 1 && value <= end;
  if (prefix !== undefined && !within(prefix, nLatents))
    refuse(`A prefix of ${prefix} was asked; there are ${nLatents} latents.`);
  if (k !== undefined && sae.activation.kind !== "topk")
    refuse(`k was asked; this autoencoder has no k: its latents have thresholds of their own.`);
  if (k !== undefined && !within(k, most)) refuse(`k is ${k}; give a number from 1 to ${most}.`);
  if (!within(listed, MAX_SELECT_K))
    refuse(`${listed} latents were asked for each position; give a number from 1 to ${MAX_SELECT_K}.`);
}

/** Runs the prompt and goes through its positions; x and y give what is read and written there, in the open scope. */
export async function eachGo(
  model: Model,
  { siteIn, siteOut, weights }: Sae,
  prompt: EditedPrompt,
  pauser: Pauser,
  go: (x: () => Tensor, y: () => Tensor, rows: readonly number[]) => Promise<void>,
): Promise<void> {
  checkPrompt(prompt.tokens);
  const { memory } = model;
  const positions = prompt.tokens.map((_, position) => position);
  const pass = ActivationCache.ofPrompt(model, await resolveEdits(model, prompt, pauser), positions, [
    ...new Set([siteIn, siteOut]),
  ]);
  try {
    for (const rows of pieces(positions, rowsPerChunk(model, weights))) {
      await pauser.pause();
      const at = (site: Site) => () =>
        gatherRows(memory, pass.tensor(site), memory.from(Uint32Array.from(rows), [rows.length], "rows"));
      await go(at(siteIn), at(siteOut), rows);
    }
  } finally {
    pass.release();
  }
}
