/**
 * The numbers that direct logit attribution works with, of one position of one pass: what every component wrote into
 * the residual stream, what each head did, and the weights between there and two logits. One read-back.
 */
import type { Site } from "../../../protocol/sites";
import type { TensorMemory } from "../../device/tensor";
import type { ResolvedPrompt } from "../../interp/interventions/index";
import { ActivationCache } from "../../interp/activations/activationCache";
import { readBack, type ReadBack } from "../../interp/pass/readBack";
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
  const written = sitesOf(model).filter((site) => WRITTEN.test(site));
  const z = Array.from({ length: model.config.nLayers }, (_, layer) => zOf(layer));
  const kept = ActivationCache.ofPrompt(model, prompt, [position], [...written, ...z]);
  try {
    const later = await readBack(model.memory, (back) => ({
      sites: new Map(written.map((site) => [site, back.borrowed(kept.tensor(site))])),
      layers: readLayers(back, model, kept),
      ...readEnd(back, model, kept.unembedded([position]), tokens),
    }));
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
      tokens: tokenNumbers(later, tokens, model.config.dModel),
    };
  } finally {
    kept.release();
  }
}

const zOf = (layer: number): Site => `blocks.${layer}.attn.z`;

const uploadIndices = (memory: TensorMemory, indices: readonly number[]) =>
  memory.from(Uint32Array.from(indices), [indices.length], "indices");

/** Of every layer: each head alone through the output projection, and the weights behind it. */
function readLayers(back: ReadBack, { architecture, config, memory, weights }: Model, kept: ActivationCache) {
  const { nHeads, dHead } = config;
  const forHeads = uploadIndices(
    memory,
    Array.from({ length: nHeads }, () => 0),
  );
  const mask = memory.from(headMask(nHeads, dHead), [nHeads, nHeads * dHead], "head mask");
  return architecture.weightMap(config).layers.map(({ attentionOut, attentionPostNorm }, layer) => {
    const copies = gatherRows(memory, kept.tensor(zOf(layer)), forHeads);
    const alone = multiply(memory, copies, mask);
    return {
      heads: back.tensor(linear(memory, alone, weights.matrix(`${attentionOut}.weight`))),
      bias: back.part(weights, attentionOut, "bias"),
      postNormWeight: back.part(weights, attentionPostNorm?.name, "weight"),
      postNormBias: back.part(weights, attentionPostNorm?.name, "bias"),
    };
  });
}

/** From the end of the residual stream to the tokens' logits: the final norm and the unembedding. */
function readEnd(
  back: ReadBack,
  { architecture, config, memory, weights }: Model,
  { read: unembedded, scale }: ReturnType<ActivationCache["unembedded"]>,
  tokens: readonly number[],
) {
  const { unembed, finalNorm } = architecture.weightMap(config);
  const matrix = weights.matrix(`${unembed}.weight`);
  const bias = weights.vectorIfAny(`${unembed}.bias`);
  return {
    finalNormWeight: back.part(weights, finalNorm?.name, "weight"),
    finalNormBias: back.part(weights, finalNorm?.name, "bias"),
    finalScale: scale && back.tensor(scale),
    unembedded: back.tensor(unembedded),
    rows: back.tensor(embedding(memory, matrix, uploadIndices(memory, tokens))),
    biases: tokens.map((token) => back.part(weights, unembed, "bias", token, 1)),
    logits: back.tensor(linear(memory, unembedded, matrix, bias)),
  };
}

function tokenNumbers(
  later: Pick<ReturnType<typeof readEnd>, "rows" | "biases" | "logits">,
  tokens: readonly number[],
  dModel: number,
): PassNumbers["tokens"] {
  const rows = later.rows();
  const logits = later.logits();
  return tokens.map((token, i) => ({
    row: rows.subarray(i * dModel, (i + 1) * dModel),
    bias: later.biases[i]?.()[0] ?? 0,
    logit: logits[token] ?? NaN,
  }));
}
