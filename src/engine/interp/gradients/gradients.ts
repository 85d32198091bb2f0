/**
 * Gradients of scalars by activations at any list of sites, under edits, and by weights that are named:
 *
 *   1. the rows are packed into one batch; edits and lists go to the device before anything is recorded
 *   2. one forward pass keeps the residual stream before each block
 *   3. the way back (backwardPass.ts), once for as many scalars as fit together: each is a row of cotangents. By weights it
 *      takes them one at a time, because a gradient by a weight is as large as the weight
 *   4. after each of those one read-back: the values of its scalars, their gradients at every site, and alarms
 */
import { NEVER_CANCELLED, type Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import type {
  Gradient,
  GradientAlarm,
  GradientRequest,
  GradientResult,
} from "../../../protocol/gradients/gradients";
import type { Tensor } from "../../device/tensor";
import { checkIds } from "../../models/checks";
import { saeOf, siteNamed, type Model } from "../../models/model";
import { makeCache } from "../../models/sizes";
import { loadBackward } from "../../ops/backward";
import { withCanonicalSites } from "../pass/runRows";
import { cutSites } from "./cutSites";
import { BackwardPass, type ForwardPass } from "./backwardPass";
import { packRows, withSeenBy, type PackedRows } from "./gradientBatch";
import { partOf } from "./partOf";
import { readWalk } from "./readGradients";
import { scalarsAtOnce, uploadWalk } from "./walkTables";
import { checkedScalars, placeScalars, type PlacedScalars } from "./scalars";
import { uploadWeightTables, wantedWeights, type WantedWeight, type WeightGradient } from "./wantedWeights";

/** Weights are frozen, and cost nothing, but for those named here by our names. */
export interface GradientAsk extends GradientRequest {
  readonly weights?: readonly string[];
}

export interface GradientsFound extends GradientResult {
  /** Scalar after scalar, in the order asked; there if weights were. Alarms name weights where others name sites. */
  readonly weights?: readonly WeightGradient[];
}

export async function gradients(
  model: Model,
  request: GradientAsk,
  pauser: Pauser = NEVER_CANCELLED,
): Promise<GradientsFound> {
  const { config, memory } = model;
  const { rows } = withCanonicalSites(model, { rows: request.rows });
  const sites = request.sites.map((site) => siteNamed(model, site));
  const isEmpty = rows.length === 0 || rows.some(({ tokens }) => tokens.length === 0);
  const weights = wantedWeights(model, request.weights ?? []);
  if (isEmpty || sites.length + weights.length === 0 || request.scalars.length === 0)
    refuse("A gradient needs rows of tokens, scalars and sites, or weights.");
  rows.forEach(({ tokens }) => checkIds(tokens, config.dVocab));
  refuseAcrossBlocks(model, rows);
  const scalars = checkedScalars(model, request);
  await loadBackward(memory.device);
  const count = rows.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const cache = makeCache(model, count);
  const frozen = new Set(request.frozen);
  const cuts = cutSites(model, request.cuts ?? []);
  const values: number[] = [];
  const found: Gradient[] = [];
  const byWeight: WeightGradient[] = [];
  const alarms: GradientAlarm[] = [];
  let held: { readonly result: ForwardPass; release(): void } | undefined;
  try {
    const packed = packRows(model, cache, rows);
    const placed = await placeScalars(model, packed, rows, scalars);
    const atOnce = weights.length > 0 ? 1 : Math.min(scalars.length, scalarsAtOnce(model, packed));
    held = memory.held(() => forward(model, packed, placed, atOnce, weights));
    for (let first = 0; first < scalars.length; first += atOnce) {
      await pauser.pause();
      const chunk = { first, scalars: Math.min(atOnce, scalars.length - first) };
      const read = await walkBack(model, packed, held.result, placed, chunk, {
        wanted: new Set(sites),
        weights,
        frozen,
        cuts,
      });
      values.push(...read.values);
      found.push(...read.gradients);
      byWeight.push(...read.weights);
      alarms.push(...read.alarms);
    }
    const ofWeights = weights.length > 0 ? { weights: byWeight } : {};
    return { values, gradients: found, ...ofWeights, alarms, frozen: [...frozen] };
  } finally {
    held?.release();
    cache.release();
  }
}

/** The scalars from `first` on that go back together. */
async function walkBack(
  model: Model,
  rows: PackedRows,
  pass: ForwardPass,
  placed: PlacedScalars,
  chunk: { readonly first: number; readonly scalars: number },
  asked: Pick<ConstructorParameters<typeof BackwardPass>[2], "wanted" | "weights" | "frozen" | "cuts">,
) {
  const isOwn = ({ scalar }: { scalar: number }) =>
    scalar >= chunk.first && scalar < chunk.first + chunk.scalars;
  const own = { logits: placed.logits.filter(isOwn), seeds: placed.seeds.filter(isOwn) };
  let walk: BackwardPass | undefined;
  try {
    model.memory.scope(() => {
      walk = new BackwardPass(model, pass, { ...uploadWalk(model, rows, pass.edits, own, chunk), ...asked });
      walk.record();
    });
    if (!walk) throw new Error("no walk back was recorded");
    return await readWalk(model, rows, walk, own, { ...chunk, ...asked, sites: [...asked.wanted] });
  } finally {
    walk?.release();
  }
}

/** A block that runs again sees only what passed in it. */
function refuseAcrossBlocks(model: Model, rows: GradientRequest["rows"]): void {
  for (const change of rows.flatMap(({ interventions = [] }) => interventions)) {
    if (change.kind !== "latents") continue;
    const { siteIn, siteOut } = saeOf(model, change.sae);
    if (siteIn === siteOut || partOf(model.config, siteIn) === partOf(model.config, siteOut)) continue;
    refuse(
      `Gradients do not pass changes of latents of an autoencoder that reads ${siteIn} and writes ${siteOut}, in another block.`,
    );
  }
}

/** Blocks above all that is read are left out. */
function forward(
  model: Model,
  rows: PackedRows,
  { logits, seeds }: PlacedScalars,
  atOnce: number,
  weights: readonly WantedWeight[],
): ForwardPass {
  const { config } = model;
  const tops = seeds.map(({ site }) => partOf(config, site) + 1);
  const stop = logits.length > 0 ? config.nLayers : Math.min(config.nLayers, Math.max(0, ...tops));
  return forwardTo(model, rows, stop, atOnce, weights);
}

/** All but the last of `stop` blocks, with the residual stream before each kept; `atOnce`: scalars of a walk. */
export function forwardTo(
  { memory }: Model,
  rows: PackedRows,
  stop: number,
  atOnce: number,
  weights: readonly WantedWeight[] = [],
): ForwardPass {
  const sent = rows.send();
  const { edits } = sent;
  const batch = withSeenBy(memory, sent.batch, rows.packed, atOnce);
  const inputs: Tensor[] = [];
  const tables = uploadWeightTables(memory, sent.batch, rows.packed, weights);
  if (stop === 0) return { batch, edits, inputs, tables };
  const onInput = (layer: number, residual: Tensor) => void (inputs[layer] = residual);
  inputs[stop - 1] = sent.blocks(new Set(), { range: { stop: stop - 1, onInput } }).residual;
  return { batch, edits, inputs, tables };
}
