/** Autoencoders of random weights on a small model's sites, for tests of what is done with attached ones. */
import type { SaeDescription } from "../../../protocol/sae/sae";
import type { Site } from "../../../protocol/sites";
import type { Model } from "../../models/model";
import { siteColumns } from "../../models/siteShape";
import { editLatents } from "../../ops/latentEdits";
import { randomSae, uploadSae, type PlainSae } from "../../ops/sae.samples";

export interface RandomSae {
  readonly kind: PlainSae["kind"];
  readonly siteIn: Site;
  /** Another one for a transcoder. */
  readonly siteOut?: Site;
  /** Sites that a part of a cross-layer transcoder writes after it. */
  readonly later?: readonly Site[];
  /** What it writes there, in place of noise: [nLatents, sites · dOut]. */
  readonly laterDecoder?: Float32Array<ArrayBuffer>;
  readonly nLatents?: number;
  readonly options?: Parameters<typeof randomSae>[2];
  readonly rowsPerChunk?: number;
}

/** Its weights as plain arrays. */
export function attachRandom(model: Model, id: number, asked: RandomSae): PlainSae {
  const { kind, siteIn, siteOut = siteIn, later, nLatents = 40, options = {}, rowsPerChunk = 17 } = asked;
  const widthOf = (site: Site) => {
    const { heads, width } = siteColumns(model.config, site);
    return heads * (width as number);
  };
  const shape = { dIn: widthOf(siteIn), dOut: widthOf(siteOut), nLatents };
  const random = randomSae(shape, kind, { k: 5, inputBias: true, later: later?.length ?? 0, ...options });
  const plain = { ...random, ...(asked.laterDecoder && { laterDecoder: asked.laterDecoder }) };
  const writes = later && [siteOut, ...later];
  const description: SaeDescription = {
    ...{ name: `random ${id}`, layout: "SAELens" as const, sha256: String(id), activation: kind, ...shape },
    ...(kind === "topk" ? { k: plain.k } : {}),
    ...{ siteIn, siteOut, input: plain.input, prefixes: [], hasSkip: plain.skip !== undefined },
    ...(writes && { writes }),
  };
  model.saes.set(id, {
    ...{ description, siteIn, siteOut, editLatents, free: () => undefined },
    ...(writes && { writes }),
    weights: uploadSae(model.memory.device, plain, options.precision ?? "f32", rowsPerChunk),
  });
  return plain;
}
