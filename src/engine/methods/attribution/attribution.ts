/**
 * Direct logit attribution: which parts of the model write a token's logit into the residual stream (Elhage et al.
 * 2021, "A Mathematical Framework for Transformer Circuits", transformer-circuits.pub; cumulative and per-head sums as
 * in TransformerLens, Nanda and Bloom 2022).
 *
 *   1. run the prompt once, with its edits; read at one position what every component wrote, and the residual stream
 *   2. d = W_U[target], less W_U[minus] for a difference of two logits
 *   3. the final norm divides by a scale that is taken from this run and held fixed, so that it is linear: move it onto
 *      d (its gain; for a LayerNorm the mean is taken off too) to get the direction e that components are read along
 *   4. a component's part is its output · e: embedding, positions where they enter the stream, attention and MLP of
 *      each layer; the final norm's bias and the unembedding's are parts of their own
 *   5. a head's part is the head alone through the output projection, · e; a norm between attention and the residual
 *      stream is linear at its scale of this run and is moved onto e likewise
 *   6. check: the parts add up to the logit that the model gives, but for rounding. Sums in f64
 *
 * Where logits pass a soft cap (Gemma 2) the logit before the cap is taken apart.
 */
import type { AttributionRequest, AttributionResult, Contribution } from "../../../protocol/analysis";
import { NEVER_CANCELLED, type Pauser } from "../../../protocol/cancel";
import { resolveEdits, type ResolvedPrompt } from "../../interp/interventions/index";
import { refuseIndirect } from "../../models/weightMap";
import { checkPositions, checkTargets } from "../../models/checks";
import type { Model } from "../../models/model";
import { addedByEdits, type AddedByEdits } from "./addedByEdits";
import { dot, frozenNorm, type FrozenNorm } from "./normDirection";
import { readPass, type PassNumbers } from "./readPass";

export async function attribution(
  model: Model,
  { prompt, position, target, minus }: AttributionRequest,
  pauser: Pauser = NEVER_CANCELLED,
): Promise<AttributionResult> {
  const tokens = minus === undefined ? [target] : [target, minus];
  checkPositions([position], prompt.tokens.length);
  checkTargets(tokens, model.config);
  refuseIndirect(model.architecture.weightMap(model.config));
  const resolved = await resolveEdits(model, prompt, pauser);
  const pass = await readPass(model, resolved, position, tokens);
  return takeApart(model, resolved, pass);
}

function takeApart(model: Model, prompt: ResolvedPrompt, pass: PassNumbers): AttributionResult {
  const { architecture, config } = model;
  const weightMap = architecture.weightMap(config);
  const [target, minus] = pass.tokens;
  const difference = (of: (token: PassNumbers["tokens"][number]) => number) =>
    (target ? of(target) : NaN) - (minus ? of(minus) : 0);
  const unembedding = Float64Array.from({ length: config.dModel }, (_, i) =>
    difference(({ row }) => row[i] ?? 0),
  );
  const norm = frozenNorm(weightMap.finalNorm, pass.finalNormWeight, pass.finalNormBias, pass.finalScale);
  const edits = addedByEdits(model, prompt.interventions, weightMap, pass);
  const stream: Stream = { pass, edits, direction: norm.toInput(unembedding) };

  const layers = weightMap.layers.map((_, layer) => layerParts(model, stream, layer));
  const parts = [
    ...embeddingParts(stream, weightMap.positionsEnterStream),
    ...layers.flatMap((layer) => layer.parts),
    ...endParts(
      stream,
      norm,
      unembedding,
      difference(({ bias }) => bias),
    ),
  ];
  const logit = difference((token) => token.logit);
  const sum = parts.reduce((total, { value }) => total + value, 0);
  return {
    parts,
    heads: layers.flatMap(({ heads }) => heads),
    logit,
    residual: sum - logit,
    norm: normInWords(model, norm, edits.touches("logits")),
  };
}

/** The residual stream of a pass, and the direction that what is written into it is read along. */
interface Stream {
  readonly pass: PassNumbers;
  readonly edits: AddedByEdits;
  readonly direction: Float64Array;
}

const along = ({ direction }: Stream, x: ArrayLike<number> | undefined) => (x ? dot(x, direction) : 0);

function embeddingParts(stream: Stream, positionsEnterStream: boolean): Contribution[] {
  const components = positionsEnterStream ? ["embed", "pos_embed"] : ["embed"];
  return components.map((component): Contribution => {
    return { component, kind: "embed", value: along(stream, stream.pass.at(component)) };
  });
}

/** What a layer's sublayers and edits write, in order, and what its heads do. */
function layerParts(
  model: Model,
  stream: Stream,
  layer: number,
): { readonly parts: Contribution[]; readonly heads: Contribution[] } {
  const { pass, edits, direction } = stream;
  const block = `blocks.${layer}`;
  const editAt = (site: string): Contribution[] => {
    const added = edits.get(site);
    return added ? [{ component: site, kind: "edit", layer, value: along(stream, added) }] : [];
  };
  const attention = along(stream, pass.at(`${block}.attn_out`));
  const heads = headParts(model, pass, layer, direction);
  if (edits.touches(`${block}.attn_out`)) {
    const value = attention - heads.reduce((sum, head) => sum + head.value, 0);
    heads.push({ component: `${block}.attn_out`, kind: "edit", layer, value });
  }
  const parts = [...editAt(`${block}.resid_pre`)];
  parts.push({ component: `${block}.attn`, kind: "attention", layer, value: attention });
  parts.push(...editAt(`${block}.resid_mid`));
  if (model.architecture.weightMap(model.config).layers[layer]?.mlp) {
    const value = along(stream, pass.at(`${block}.mlp_out`));
    parts.push({ component: `${block}.mlp`, kind: "mlp", layer, value });
  }
  parts.push(...editAt(`${block}.resid_post`));
  return { parts, heads };
}

/** What comes in behind the residual stream: biases of the final norm and the unembedding, an edit between them. */
function endParts(
  stream: Stream,
  norm: FrozenNorm,
  unembedding: Float64Array,
  unembedBias: number,
): Contribution[] {
  const { pass, edits } = stream;
  const parts: Contribution[] = [];
  if (pass.finalNormBias.length > 0) {
    parts.push({ component: "final norm bias", kind: "bias", value: norm.biasAlong(unembedding) });
  }
  if (unembedBias !== 0) parts.push({ component: "unembed bias", kind: "bias", value: unembedBias });
  if (edits.touches("ln_final.normalized")) {
    const residual = pass.at(`blocks.${pass.layers.length - 1}.resid_post`);
    // What the unembedding reads, less what the final norm gives.
    const given = dot(pass.unembedded, unembedding) - along(stream, residual);
    parts.push({
      component: "ln_final.normalized",
      kind: "edit",
      value: given - norm.biasAlong(unembedding),
    });
  }
  return parts;
}

/** Each head of a layer, and the bias of attention. */
function headParts(model: Model, pass: PassNumbers, layer: number, direction: Float64Array): Contribution[] {
  const { config, architecture } = model;
  const numbers = pass.layers[layer];
  const weights = architecture.weightMap(config).layers[layer];
  if (!numbers || !weights) return [];
  const head = (index: number) => numbers.heads.subarray(index * config.dModel, (index + 1) * config.dModel);
  const { attentionPostNorm } = weights;
  let read = direction;
  let bias = 0;
  if (attentionPostNorm) {
    const [scale = 1] = pass.at(`blocks.${layer}.ln1_post.scale`) ?? [];
    const norm = frozenNorm(attentionPostNorm, numbers.postNormWeight, numbers.postNormBias, scale);
    read = norm.toInput(direction);
    bias = norm.biasAlong(direction);
  }
  const component = (name: string) => `blocks.${layer}.attn.${name}`;
  const heads = Array.from({ length: config.nHeads }, (_, index): Contribution => {
    return {
      component: component(`head.${index}`),
      kind: "head",
      layer,
      head: index,
      value: dot(head(index), read),
    };
  });
  if (numbers.bias.length === 0 && numbers.postNormBias.length === 0) return heads;
  const value = bias + dot(numbers.bias, read);
  return [...heads, { component: component("bias"), kind: "headBias", layer, value }];
}

function normInWords({ architecture, config }: Model, { scale }: FrozenNorm, editsLogits: boolean): string {
  const { finalNorm, logitCap } = architecture.weightMap(config);
  const kinds = {
    layer: "LayerNorm: the mean is taken off each part",
    rms: "RMS norm: no mean is taken off",
  };
  const norm = finalNorm
    ? `Final ${kinds[finalNorm.kind]}; the scale is that of this run, ${scale.toPrecision(4)}, the same for every part.`
    : "No final norm.";
  const cap =
    logitCap === undefined
      ? ""
      : ` Logits pass a soft cap of ${logitCap} after this; the logit before it is taken apart.`;
  return `${norm}${cap}${editsLogits ? " Edits of the logits themselves are left out." : ""}`;
}
