/** Along which direction what is written to a site changes a logit directly: past everything in between. */
import type { LatentEffectsRequest } from "../../../protocol/sae/features";
import type { Site } from "../../../protocol/sites";
import type { Model } from "../../models/model";
import { embedding } from "../../ops/embedding";
import { readBack } from "../pass/readBack";
import { centred, gained } from "./directions";
import { backToSite, residualPath } from "./residualPath";

/** In the units of the site, at this scale of the final norm; undefined where the site has no linear way to the stream. */
export async function directWay(
  model: Model,
  site: Site,
  target: Pick<LatentEffectsRequest, "target" | "minus">,
  scale: number,
): Promise<Float32Array | undefined> {
  const way = residualPath(model, site);
  // A norm on the way has a scale of its own.
  if (!way || way.norm) return undefined;
  return backToSite(model, way, await logitDirection(model, target, scale));
}

/** Along it an addition to the residual stream changes the logit (difference), at the norm's scale of this run. */
async function logitDirection(
  model: Model,
  { target, minus }: Pick<LatentEffectsRequest, "target" | "minus">,
  scale: number,
): Promise<Float32Array<ArrayBuffer>> {
  const { architecture, config, memory, weights } = model;
  const { finalNorm, unembed } = architecture.weightMap(config);
  const tokens = minus === undefined ? [target] : [target, minus];
  const read = await readBack(memory, (back) => ({
    rows: back.tensor(
      embedding(
        memory,
        weights.matrix(`${unembed}.weight`),
        memory.from(Uint32Array.from(tokens), [tokens.length], "tokens"),
      ),
    ),
    gain: back.part(weights, finalNorm?.name, "weight"),
  }));
  const width = config.dModel;
  const [first, second] = [read.rows().subarray(0, width), read.rows().subarray(width)];
  const direction = first.map((value, i) => value - (second[i] ?? 0));
  return centred(gained(direction, finalNorm, read.gain()), finalNorm).map((value) => value / scale);
}
