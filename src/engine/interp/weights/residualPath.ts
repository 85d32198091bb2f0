/** How what is at a site reaches the residual stream, by weights alone. */
import { siteLayer, siteName, type Site } from "../../../protocol/sites";
import type { NormWeights } from "../../models/weightMap";
import type { Model } from "../../models/model";
import { combinedRows } from "./weightedRowSum";
import { centred, gained } from "./directions";
import { readBack } from "../pass/readBack";

export interface WayToStream {
  /** [dModel, width of the site], without `.weight`; undefined where the site is in the stream, or added to it. */
  readonly matrix: string | undefined;
  /** Behind the matrix. */
  readonly norm: NormWeights | undefined;
}

/** A matrix, and a norm behind it, or nothing at all; undefined where there is more to it. */
export function residualPath({ architecture, config }: Model, site: Site): WayToStream | undefined {
  const name = siteName(site);
  const { indirect, layers } = architecture.weightMap(config);
  if (indirect !== undefined) return undefined;
  if (/^(embed|resid_\w+|attn_out|mlp_out)$/.test(name)) return { matrix: undefined, norm: undefined };
  const layer = layers[siteLayer(site) ?? -1];
  if (name === "attn.z" && layer) return { matrix: layer.attentionOut, norm: layer.attentionPostNorm };
  if (name === "mlp.post" && layer?.mlp) return { matrix: layer.mlp.out, norm: layer.mlp.postNorm };
  return undefined;
}

/** A direction that reads the residual stream [dModel] → the one that reads the site alike; a norm's scale left out. */
export async function backToSite(
  { memory, weights }: Model,
  { matrix, norm }: WayToStream,
  direction: Float32Array<ArrayBuffer>,
): Promise<Float32Array<ArrayBuffer>> {
  if (matrix === undefined) return direction;
  const gain = await readBack(memory, (back) => back.part(weights, norm?.name, "weight"));
  const before = centred(gained(direction, norm, gain()), norm);
  const read = await combinedRows(memory, weights.matrix(`${matrix}.weight`), (row) => before[row] ?? 0);
  return Float32Array.from(read);
}
