/**
 * What attached dictionaries make of a prompt: everything that may act in its graph, in the order of the forward pass.
 *
 *   1. one run keeps every site that a dictionary reads or writes, the embeddings and the logits
 *   2. codes of what passes the input sites: each active latent writes amount · decoder row
 *   3. error = what passes the output site − reconstruction. What edits change at the output site is in it
 *
 * A cross-layer transcoder is one dictionary for each layer, whose latents write that layer's site and all later ones. What is
 * reconstructed at a site is the bias of its own layer and the latents of all dictionaries that write it.
 */
import { NO_LATENT } from "../../../protocol/sae/features";
import { refuse } from "../../../protocol/errors";
import type { Cut } from "../../../protocol/gradients/gradients";
import type { SaeInputScheme } from "../../../protocol/sae/sae";
import { siteLayer, type Site } from "../../../protocol/sites";
import type { ResolvedPrompt } from "../../interp/interventions/index";
import { readBack } from "../../interp/pass/readBack";
import { run } from "../../interp/pass/runRows";
import {
  decoderRows,
  emptyOutput,
  encoderRows,
  laterRows,
  outputScale,
  readCodes,
} from "../../interp/sae/latentReads";
import { dictionaryOf, sitesOf, type Model } from "../../models/model";
import type { Sae } from "../../models/sae";
import { siteColumns } from "../../models/siteShape";

type Floats = Float32Array<ArrayBuffer>;

/** An attached dictionary and the rows of its latents that are active. */
export interface Dictionary {
  readonly id: number;
  readonly sae: Sae;
  /** Places of its sites in the forward pass. */
  readonly reads: number;
  readonly writes: number;
  /** [active latents, dOut], and [active latents, dIn]. */
  readonly decoder: Floats;
  readonly encoder: Floats;
  /** What else a cross-layer transcoder's latents write, in order; empty for others. */
  readonly later: readonly LaterSite[];
}

export interface LaterSite {
  readonly site: Site;
  readonly stage: number;
  /** [active latents, dOut]. */
  readonly decoder: Floats;
}

/** Every site that a latent of the dictionary writes. */
export const writtenBy = ({ sae, writes, decoder, later }: Dictionary): readonly LaterSite[] => [
  { site: sae.siteOut, stage: writes, decoder },
  ...later,
];

export interface LatentSource {
  readonly kind: "latent";
  readonly dictionary: Dictionary;
  readonly latent: number;
  /** Its row in the dictionary's matrices. */
  readonly row: number;
  readonly position: number;
  readonly activation: number;
  /** activation · what the input scheme is undone with: times the decoder's row. */
  readonly amount: number;
  /** ∂ activation / ∂ pre-activation. */
  readonly slope: number;
  /** Place in the forward pass of what it is made from. */
  readonly stage: number;
}

export interface ErrorSource {
  readonly kind: "error";
  readonly dictionary: Dictionary;
  readonly position: number;
  readonly values: Float32Array;
  readonly stage: number;
}

export interface TokenSource {
  readonly kind: "token";
  readonly position: number;
  readonly stage: -1;
}

export type Source = TokenSource | LatentSource | ErrorSource;

export interface ReadPrompt {
  readonly prompt: ResolvedPrompt;
  /** Where the logits are read: nothing behind it matters. */
  readonly position: number;
  /** In order of stage: whatever acts on another comes before it. */
  readonly sources: readonly Source[];
  readonly dictionaries: readonly Dictionary[];
  /** Sites that tokens write, with what they write: [positions, dModel]. */
  readonly embeddings: ReadonlyMap<Site, Float32Array>;
  /** Captured input sites. */
  readonly inputs: ReadonlyMap<Site, Float32Array>;
  readonly cuts: readonly Cut[];
  readonly logits: Float32Array;
}

/** `ids`: each once. */
export async function readPrompt(
  model: Model,
  prompt: ResolvedPrompt,
  position: number,
  ids: readonly number[],
): Promise<ReadPrompt> {
  const saes = checkedDictionaries(model, ids);
  const sites = sitesOf(model);
  const written = ["embed", "pos_embed"].filter((site) => sites.includes(site));
  const capture = [
    ...new Set([...written, ...saes.flatMap(({ siteIn, siteOut }) => [siteIn, siteOut]), "logits"]),
  ];
  const { captures } = await run(model, { rows: [prompt], capture });
  const seen = new Map(
    captures.map(({ site, data, shape }) => {
      const width = data.length / (shape[0] ?? 1);
      return [site, data.slice(0, (position + 1) * width)];
    }),
  );
  const at = (site: Site): Floats => Float32Array.from(seen.get(site) ?? []);
  const sources: Source[] = Array.from({ length: position + 1 }, (_, own) => {
    return { kind: "token", position: own, stage: -1 };
  });
  const dictionaries: Dictionary[] = [];
  const rests = new Map<Site, Float64Array>();
  for (const [i, sae] of saes.entries()) {
    const place = {
      id: ids[i] ?? -1,
      sae,
      reads: sites.indexOf(sae.siteIn),
      writes: sites.indexOf(sae.siteOut),
    };
    const x = at(sae.siteIn);
    const read = await readDictionary(model, place, x);
    dictionaries.push(read.dictionary);
    sources.push(...read.sources);
    const empty = await emptyOutput(model, sae, x);
    rests.set(
      sae.siteOut,
      Float64Array.from(at(sae.siteOut), (value, i) => value - (empty[i] ?? 0)),
    );
  }
  fillErrors(sources, rests);
  const columns = (seen.get("logits")?.length ?? 0) / (position + 1);
  return {
    ...{ prompt, position, dictionaries },
    sources: sources.toSorted((a, b) => a.stage - b.stage),
    embeddings: new Map(written.map((site) => [site, at(site)])),
    inputs: new Map(saes.map(({ siteIn }) => [siteIn, at(siteIn)])),
    cuts: saes.map(({ siteOut, weights }, i) => ({
      site: siteOut,
      ...(weights.skip && { skip: ids[i] ?? -1 }),
    })),
    logits: at("logits").subarray(position * columns),
  };
}

function checkedDictionaries(model: Model, ids: readonly number[]): Sae[] {
  if (ids.length === 0)
    refuse("A graph over latents needs dictionaries: attach transcoders or autoencoders.");
  const saes = ids.map((id) => dictionaryOf(model, id));
  const sites = sitesOf(model);
  const written = new Set<Site>();
  for (const { description, siteIn, siteOut } of saes) {
    if (sites.indexOf(siteIn) > sites.indexOf(siteOut))
      refuse(`${description.name} reads ${siteIn}, behind ${siteOut}, which it writes.`);
    if (written.has(siteOut))
      refuse(`Two of the dictionaries write ${siteOut}; choose one of them for the graph.`);
    written.add(siteOut);
    if (siteColumns(model.config, siteOut).width === "keys" || /\.scale$/.test(siteOut))
      refuse(`${description.name} writes ${siteOut}, where a graph has no nodes.`);
  }
  refuseParts(model, saes);
  return saes;
}

/** What a cross-layer transcoder makes of an MLP's output is made by all its layers up to there. */
function refuseParts({ config }: Model, saes: readonly Sae[]): void {
  const parts = saes.filter(({ writes }) => writes);
  if (parts.length === 0) return;
  const layers = new Set(parts.map(({ siteOut }) => siteLayer(siteOut)));
  const absent = Array.from({ length: config.nLayers }, (_, layer) => layer).filter(
    (layer) => !layers.has(layer),
  );
  if (absent.length > 0)
    refuse(
      `A cross-layer transcoder stands for MLPs as a whole: add its ${absent.length === 1 ? "part" : "parts"} of layer ${absent.join(", ")}.`,
    );
}

/** Its active latents and its errors, position by position; what the errors hold is filled in when all have been read. */
async function readDictionary(
  model: Model,
  place: Omit<Dictionary, "decoder" | "encoder" | "later">,
  x: Floats,
): Promise<{ readonly dictionary: Dictionary; readonly sources: Source[] }> {
  const { sae, reads, writes } = place;
  const { dIn, dOut } = sae.description;
  const { ids, values, width } = await readCodes(model, sae, x);
  const active = [...new Set(ids)].filter((id) => id !== NO_LATENT).sort((a, b) => a - b);
  const rowOf = new Map(active.map((latent, row) => [latent, row]));
  const some = Uint32Array.from(active);
  const rows = (read: typeof decoderRows) =>
    some.length > 0 ? read(model, sae, some) : Promise.resolve(new Float32Array());
  const dictionary = {
    ...{ ...place, decoder: await rows(decoderRows), encoder: await rows(encoderRows) },
    later: laterSites(model, sae, await rows(laterRows)),
  };
  const slopes = await magnitudeScales(model, sae);
  const sources: Source[] = [];
  for (let position = 0; position * dIn < x.length; position++) {
    const scale = outputScale(sae.weights.input, x.subarray(position * dIn, (position + 1) * dIn));
    for (let slot = position * width; slot < (position + 1) * width; slot++) {
      const [latent, activation] = [ids[slot] ?? NO_LATENT, values[slot] ?? 0];
      if (latent === NO_LATENT || activation === 0) continue;
      const [row, amount] = [rowOf.get(latent) ?? 0, activation * scale];
      const slope = slopes?.[latent] ?? 1;
      sources.push({
        ...{ kind: "latent", dictionary, latent, row, position, activation, amount, slope, stage: reads },
      });
    }
    sources.push({ kind: "error", dictionary, position, values: new Float32Array(dOut), stage: writes });
  }
  return { dictionary, sources };
}

/** `rows`: [active latents, (sites − 1) · dOut]. */
function laterSites(model: Model, { writes = [], description: { dOut } }: Sae, rows: Floats): LaterSite[] {
  const sites = sitesOf(model);
  const width = (writes.length - 1) * dOut;
  return writes.slice(1).map((site, j) => {
    const decoder = new Float32Array(rows.length / (writes.length - 1));
    for (let row = 0; row * width < rows.length; row++)
      decoder.set(rows.subarray(row * width + j * dOut, row * width + (j + 1) * dOut), row * dOut);
    return { site, stage: sites.indexOf(site), decoder };
  });
}

/** Step 3: `rests` hold what passes each site less the biases, in f64; every latent is taken off where it writes. */
function fillErrors(sources: readonly Source[], rests: ReadonlyMap<Site, Float64Array>): void {
  for (const source of sources) {
    if (source.kind !== "latent") continue;
    const { dictionary, row, position, amount } = source;
    const { dOut } = dictionary.sae.description;
    for (const { site, decoder } of writtenBy(dictionary)) {
      const rest = rests.get(site)?.subarray(position * dOut, (position + 1) * dOut);
      for (let i = 0; rest && i < dOut; i++)
        rest[i] = (rest[i] ?? 0) - amount * (decoder[row * dOut + i] ?? 0);
    }
  }
  for (const source of sources) {
    if (source.kind !== "error") continue;
    const { dictionary, position, values } = source;
    const rest = rests.get(dictionary.sae.siteOut);
    values.set(rest?.subarray(position * values.length, (position + 1) * values.length) ?? []);
  }
}

/** Of a gated autoencoder: what an active latent's pre-activation is multiplied by. */
async function magnitudeScales({ memory }: Model, { weights }: Sae): Promise<Float32Array | undefined> {
  const { activation } = weights;
  if (activation.kind !== "gated") return undefined;
  return (await readBack(memory, (back) => back.vector(activation.magnitudeScale)))();
}

/**
 * The direction that a latent's pre-activation is read along at the input site, whatever the scheme divides a row by held
 * constant as norms are; `x` is that row.
 */
export function readDirection(input: SaeInputScheme, encoder: Float32Array, x: Float32Array): Float32Array {
  switch (input.scheme) {
    case "none":
      return encoder.slice();
    case "rescale":
      return encoder.map((value) => value * input.factor);
    case "unitMeanSquare":
      return encoder.map((value) => value / outputScale(input, x));
    case "layerNorm": {
      const mean = encoder.reduce((sum, value) => sum + value, 0) / encoder.length;
      return encoder.map((value) => (value - mean) / (outputScale(input, x) + input.eps));
    }
  }
}

/** The layer of the site that a dictionary writes. */
export const layerOf = ({ sae }: Dictionary) => siteLayer(sae.siteOut) ?? 0;
