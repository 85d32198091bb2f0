/**
 * Gradients of scalars by activations at any list of sites, under edits:
 *
 *   1. the rows are packed into one batch; edits and lists go to the device before anything is recorded
 *   2. one forward pass keeps the residual stream before each block
 *   3. the way back (backwardPass.ts), once for as many scalars as fit together: each is a row of cotangents
 *   4. after each of those one read-back: the values of its scalars, their gradients at every site, and alarms
 */
import { NEVER_CANCELLED, type Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import type { Gradient, GradientAlarm, GradientRequest, GradientResult } from "../../../protocol/gradients";
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

export async function gradients(
  model: Model,
  request: GradientRequest,
  pauser: Pauser = NEVER_CANCELLED,
): Promise<GradientResult> {
  const { config, memory } = model;
  const { rows } = withCanonicalSites(model, { rows: request.rows });
  const sites = request.sites.map((site) => siteNamed(model, site));
  const isEmpty = rows.length === 0 || rows.some(({ tokens }) => tokens.length === 0);
  if (isEmpty || sites.length === 0 || request.scalars.length === 0)
    refuse("A gradient needs rows of tokens, scalars and sites.");
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
  const alarms: GradientAlarm[] = [];
  let held: { readonly result: ForwardPass; release(): void } | undefined;
  try {
    const packed = packRows(model, cache, rows);
    const placed = await placeScalars(model, packed, rows, scalars);
    const atOnce = Math.min(scalars.length, scalarsAtOnce(model, packed));
    held = memory.held(() => forward(model, packed, placed, atOnce));
    for (let first = 0; first < scalars.length; first += atOnce) {
      await pauser.pause();
      const chunk = { first, scalars: Math.min(atOnce, scalars.length - first) };
      const read = await walkBack(model, packed, held.result, placed, chunk, {
        wanted: new Set(sites),
        frozen,
        cuts,
      });
      values.push(...read.values);
      found.push(...read.gradients);
      alarms.push(...read.alarms);
    }
    return { values, gradients: found, alarms, frozen: [...frozen] };
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
  asked: Pick<ConstructorParameters<typeof BackwardPass>[2], "wanted" | "frozen" | "cuts">,
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
    return await readWalk(model, rows, walk, own, { ...chunk, sites: [...asked.wanted] });
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

/** The blocks but the last that is needed, with the residual stream before each kept. Those above all that is read are left out. */
function forward(
  { config, memory }: Model,
  rows: PackedRows,
  { logits, seeds }: PlacedScalars,
  atOnce: number,
): ForwardPass {
  const sent = rows.send();
  const { edits } = sent;
  const batch = withSeenBy(memory, sent.batch, rows.packed, atOnce);
  const tops = seeds.map(({ site }) => partOf(config, site) + 1);
  const stop = logits.length > 0 ? config.nLayers : Math.min(config.nLayers, Math.max(0, ...tops));
  const inputs: Tensor[] = [];
  if (stop === 0) return { batch, edits, inputs };
  const onInput = (layer: number, residual: Tensor) => void (inputs[layer] = residual);
  inputs[stop - 1] = sent.blocks(new Set(), { range: { stop: stop - 1, onInput } }).residual;
  return { batch, edits, inputs };
}
