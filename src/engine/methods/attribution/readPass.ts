/**
 * The numbers that direct logit attribution works with, of one position of one pass: what every component wrote into
 * the residual stream, what each head did, and the weights between there and two logits. One read-back.
 */
import type { Site } from "../../../protocol/sites";
import type { ResolvedPrompt } from "../../interp/interventions/index";
import { ActivationCache } from "../../interp/activations/activationCache";
import { readBack } from "../../interp/pass/readBack";
import { sitesOf, type Model } from "../../models/model";
import { multiply } from "../../ops/elementwise";
import { embedding, gatherRows } from "../../ops/embedding";
import { linear } from "../../ops/linear";

/** Sites that components of a residual stream are captured at, and the scales that lie between. */
const WRITTEN = /^(embed|pos_embed|blocks\.\d+\.(resid_(pre|mid|post)|attn_out|ln1_post\.scale|mlp_out))$/;

export interface LayerNumbers {
  /** What each head adds before any norm that follows: [nHeads, dModel]. */
  readonly heads: Float32Array;
  /** Of the output projection; empty without one. */
  readonly bias: Float32Array;
  /** Of the norm that follows; empty without one. */
  readonly postNormWeight: Float32Array;
  readonly postNormBias: Float32Array;
}

export interface PassNumbers {
  readonly position: number;
  /** A site at the position, [dModel] or [1]; undefined where the model has no such site. */
  at(site: Site): Float32Array | undefined;
  readonly layers: readonly LayerNumbers[];
  readonly finalNormWeight: Float32Array;
  readonly finalNormBias: Float32Array;
  /** What the final norm divides by here; 1 without one. */
  readonly finalScale: number;
  /** What the unembedding reads, [dModel]. */
  readonly unembedded: Float32Array;
  /** Of each token: its row of the unembedding, its bias (0 without one), its logit before any cap. */
  readonly tokens: readonly {
    readonly row: Float32Array;
    readonly bias: number;
    readonly logit: number;
  }[];
}

/** Row `head` of [nHeads, nHeads * dHead] passes the columns of that head only. */
function headMask(nHeads: number, dHead: number): Float32Array<ArrayBuffer> {
  const width = nHeads * dHead;
  const mask = new Float32Array(nHeads * width);
  for (let head = 0; head < nHeads; head++)
    mask.fill(1, head * (width + dHead), head * (width + dHead) + dHead);
  return mask;
}

export async function readPass(
  model: Model,
  prompt: ResolvedPrompt,
  position: number,
  tokens: readonly number[],
): Promise<PassNumbers> {
  const { architecture, config, memory, weights } = model;
  const { nHeads, dHead } = config;
  const weightMap = architecture.weightMap(config);
  const written = sitesOf(model).filter((site) => WRITTEN.test(site));
  const z = weightMap.layers.map((_, layer): Site => `blocks.${layer}.attn.z`);
  const kept = ActivationCache.ofPrompt(model, prompt, [position], [...written, ...z]);
  try {
    const later = await readBack(memory, (back) => {
      const upload = (indices: readonly number[]) =>
        memory.from(Uint32Array.from(indices), [indices.length], "indices");
      const forHeads = upload(Array.from({ length: nHeads }, () => 0));
      const mask = memory.from(headMask(nHeads, dHead), [nHeads, nHeads * dHead], "head mask");
      const unembed = weights.matrix(`${weightMap.unembed}.weight`);
      const { read: unembedded, scale } = kept.unembedded([position]);
      const bias = weights.vectorIfAny(`${weightMap.unembed}.bias`);
      return {
        sites: new Map(written.map((site) => [site, back.borrowed(kept.tensor(site))])),
        layers: weightMap.layers.map(({ attentionOut, attentionPostNorm }, layer) => {
          const copies = gatherRows(memory, kept.tensor(z[layer] ?? ""), forHeads);
          const alone = multiply(memory, copies, mask);
          return {
            heads: back.tensor(linear(memory, alone, weights.matrix(`${attentionOut}.weight`))),
            bias: back.part(weights, attentionOut, "bias"),
            postNormWeight: back.part(weights, attentionPostNorm?.name, "weight"),
            postNormBias: back.part(weights, attentionPostNorm?.name, "bias"),
          };
        }),
        finalNormWeight: back.part(weights, weightMap.finalNorm?.name, "weight"),
        finalNormBias: back.part(weights, weightMap.finalNorm?.name, "bias"),
        finalScale: scale && back.tensor(scale),
        unembedded: back.tensor(unembedded),
        rows: back.tensor(embedding(memory, unembed, upload(tokens))),
        biases: tokens.map((token) => back.part(weights, weightMap.unembed, "bias", token, 1)),
        logits: back.tensor(linear(memory, unembedded, unembed, bias)),
      };
    });
    const rows = later.rows();
    const logits = later.logits();
    return {
      position,
      at: (site) => later.sites.get(site)?.(),
      layers: later.layers.map((layer) => ({
        heads: layer.heads(),
        bias: layer.bias(),
        postNormWeight: layer.postNormWeight(),
        postNormBias: layer.postNormBias(),
      })),
      finalNormWeight: later.finalNormWeight(),
      finalNormBias: later.finalNormBias(),
      finalScale: later.finalScale?.()[0] ?? 1,
      unembedded: later.unembedded(),
      tokens: tokens.map((token, i) => ({
        row: rows.subarray(i * config.dModel, (i + 1) * config.dModel),
        bias: later.biases[i]?.()[0] ?? 0,
        logit: logits[token] ?? NaN,
      })),
    };
  } finally {
    kept.release();
  }
}
