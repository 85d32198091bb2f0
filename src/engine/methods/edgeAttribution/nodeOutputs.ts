/**
 * What every source writes to the residual stream in one run. Heads: what a layer writes is linear in z up to a bias, so a row
 * with one head's z in every layer and zeros for the others gives that head's part of all layers, less a row of zeros.
 */
import type { AffineChange } from "../../../protocol/interventions";
import type { Capture, RunRow } from "../../../protocol/run";
import { blockSite, type Site } from "../../../protocol/sites";
import { batchesOf, batchTokens } from "../../interp/batch/cellBatches";
import { run } from "../../interp/pass/runRows";
import type { Model } from "../../models/model";
import type { EdgeGraph, Source } from "./edgeGraph";

/** f32 [positions, dModel]. */
export type Written = Float32Array;

export interface NodeOutputs {
  readonly of: ReadonlyMap<Source, Written>;
  /** Sites of the stream, as they are in the run. */
  readonly streams: ReadonlyMap<Site, Written>;
  /** Sites that inputs make. */
  readonly made: ReadonlyMap<Site, Float32Array>;
  /** Rows that went through the model. */
  readonly rows: number;
}

/** A row without edits: its tokens. */
export async function nodeOutputs(
  model: Model,
  graph: EdgeGraph,
  tokens: readonly number[],
): Promise<NodeOutputs> {
  const layers = Array.from({ length: graph.nLayers }, (_, layer) => layer);
  const zSites = layers.map((layer) => blockSite(layer, "attn.z"));
  const streams = [...new Set(graph.inputs.map(({ stream }) => stream))];
  const made = [...new Set(graph.inputs.map((input) => input.made))];
  const sites = [...new Set([...zSites, ...streams, ...made])];
  const whole = bySite((await run(model, { rows: [{ tokens }], capture: sites })).captures);
  const z = new Map(zSites.map((site) => [site, get(whole, site)]));
  const { heads, rows } = await headsWritten(model, tokens, z);
  const of = new Map<Source, Written>();
  for (const source of graph.sources) {
    const { node } = source;
    if (node.kind === "embed") of.set(source, get(whole, blockSite(0, "resid_pre")));
    else if (node.kind === "mlp") of.set(source, get(whole, blockSite(node.layer, "mlp_out")));
    else of.set(source, heads[node.head]?.[node.layer] ?? new Float32Array());
  }
  const some = (names: readonly Site[]) => new Map(names.map((site) => [site, get(whole, site)]));
  return { of, streams: some(streams), made: some(made), rows: 1 + rows };
}

/** [head][z site, in order]: what each head writes with this z. */
export async function headsWritten(
  model: Model,
  tokens: readonly number[],
  z: ReadonlyMap<Site, Float32Array>,
): Promise<{ readonly heads: Written[][]; readonly rows: number }> {
  const { nHeads } = model.config;
  const all = Array.from({ length: nHeads }, (_, head) => head);
  const row = (kept: number | undefined): RunRow => ({
    tokens,
    interventions: [...z].flatMap(([site, values]): AffineChange[] => [
      { kind: "affine", site, keep: 0 },
      ...(kept === undefined ? [] : [setTo(site, values, tokens.length, kept)]),
    ]),
  });
  const rows = [...all.map(row), row(undefined)];
  const written = [...z.keys()].map((site) => site.replace(/attn\.z$/, "attn_out"));
  const found: Written[][] = [];
  const { length } = tokens;
  // Of many layers fewer rows go together: each holds what all of them write.
  const limit = batchTokens(model, length, false) / z.size;
  for (const batch of batchesOf(rows, () => length, limit)) {
    const { captures } = await run(model, { rows: batch, capture: written });
    for (const [row] of batch.entries()) {
      const own = bySite(captures.filter((capture) => capture.row === row));
      found.push(written.map((site) => get(own, site)));
    }
  }
  const bias = found.pop() ?? [];
  const heads = found.map((layers) =>
    layers.map((values, layer) => values.map((value, i) => value - (bias[layer]?.[i] ?? 0))),
  );
  return { heads, rows: rows.length };
}

/** The site becomes these values, at every position (in one head). */
export function setTo(site: Site, values: Float32Array, positions: number, head?: number): AffineChange {
  return {
    ...{ kind: "affine", site, keep: 0, values: Float32Array.from(values) },
    valuePositions: Array.from({ length: positions }, (_, position) => position),
    ...(head !== undefined && { heads: [head] }),
  };
}

export const bySite = (captures: readonly Capture[]): Map<Site, Float32Array> =>
  new Map(captures.map(({ site, data }) => [site, data]));

export function get<K, V>(found: ReadonlyMap<K, V>, key: K): V {
  const value = found.get(key);
  if (value === undefined) throw new Error(`nothing was read at ${JSON.stringify(key)}`);
  return value;
}
