/**
 * A graph that was computed here in the public form, so that it is drawn, marked and saved as an opened one is. Fields that the
 * form does not know (`influence_share`, `site`, `dictionary`, `metadata.vitrine`) stand beside its own.
 */
import type { SaeInfo } from "../../protocol/sae/features";
import type {
  AttributionGraphRequest,
  AttributionGraphResult,
  GraphNode,
} from "../../protocol/gradients/graphs";
import { cumulativeShares } from "./influence";

export interface ResultContext {
  readonly model: { readonly name: string; readonly sha256: string; readonly nLayers: number };
  /** What it was computed on, and under which edits. */
  readonly provenance: string;
  readonly saes: readonly Pick<SaeInfo, "id" | "name" | "sha256" | "siteIn" | "siteOut">[];
  readonly request: AttributionGraphRequest;
  /** Of each token of the result. */
  readonly tokenTexts: readonly string[];
  readonly textOf: (token: number) => string;
  /** What a latent is called; empty where nobody said. */
  readonly labelOf: (sae: number, latent: number) => string;
}

/** One number of two, as circuit-tracer numbers features over all layers (Cantor's pairing). */
const paired = (layer: number, latent: number) => ((layer + latent) * (layer + latent + 1)) / 2 + latent;

export function publicGraphOf(
  result: AttributionGraphResult,
  context: ResultContext,
): Record<string, unknown> {
  const counted = result.nodes.map(({ kind, influence }) => (kind === "logit" ? 0 : influence));
  const cumulative = cumulativeShares(counted);
  const used = new Set<string>();
  const first = result.nodes.findIndex(({ kind }) => kind === "logit");
  const nodes = result.nodes.map((node, i) => {
    const fields = nodeFields(node, context);
    const id = uniqueId(fields.node_id, node, used);
    const isLogit = node.kind === "logit";
    return {
      ...fields,
      node_id: id,
      is_target_logit: i === first,
      influence: isLogit ? null : (cumulative[i] ?? 1),
      activation: node.kind === "latent" ? node.activation : null,
      ...(!isLogit && { influence_share: node.influence }),
    };
  });
  const idAt = (i: number) => nodes[i]?.node_id ?? "";
  return {
    metadata: metadataOf(result, context),
    qParams: { pinnedIds: [], supernodes: [], linkType: "both", clickedId: "", sg_pos: "" },
    nodes,
    links: result.links.map(({ source, target, weight }) => ({
      ...{ source: idAt(source), target: idAt(target), weight },
    })),
  };
}

/** Two dictionaries, or two errors, may write the same layer: the later one says which it is. */
function uniqueId(id: string, node: GraphNode, used: Set<string>): string {
  const more = node.kind === "latent" ? `_${node.sae}` : node.kind === "error" ? `_${node.site}` : "_2";
  const own = used.has(id) ? id + more : id;
  used.add(own);
  return own;
}

function nodeFields(node: GraphNode, { model, textOf, labelOf, saes, tokenTexts }: ResultContext) {
  const { layer, position } = node;
  const at = { ctx_idx: position, run_idx: 0, reverse_ctx_idx: 0, token_prob: 0 };
  switch (node.kind) {
    case "token":
      return {
        ...at,
        ...{ node_id: `E_${node.token}_${position}`, jsNodeId: `E_${node.token}-${position}`, layer: "E" },
        ...{
          feature: position,
          feature_type: "embedding",
          clerp: tokenTexts[position] ?? textOf(node.token),
        },
      };
    case "latent":
      return {
        ...at,
        ...{ node_id: `${layer}_${node.latent}_${position}`, jsNodeId: `${layer}_${node.latent}-0` },
        ...{ feature: paired(layer, node.latent), layer: String(layer) },
        ...{ feature_type: "cross layer transcoder", clerp: labelOf(node.sae, node.latent) },
        dictionary: saes.find(({ id }) => id === node.sae)?.sha256 ?? "",
      };
    case "error":
      return {
        ...at,
        ...{ node_id: `${layer}_-1_${position}`, jsNodeId: `${layer}_-1-${position}`, layer: String(layer) },
        ...{ feature: -1, feature_type: "mlp reconstruction error", clerp: "", site: node.site },
      };
    case "logit": {
      const { token, probability } = node;
      const top = String(model.nLayers + 1);
      return {
        ...at,
        ...{ node_id: `${top}_${token}_${position}`, jsNodeId: `L_${token}-${position}`, layer: top },
        ...{ feature: token, feature_type: "logit", token_prob: probability },
        clerp: `Output "${textOf(token)}" (p=${probability.toFixed(3)})`,
      };
    }
  }
}

function metadataOf(result: AttributionGraphResult, context: ResultContext) {
  const { model, request, saes, tokenTexts, provenance } = context;
  const { nodeThreshold, linkThreshold, mostTargets, mass, mostLatents } = request;
  const { scores, whole, frozen, activeLatents, usedLatents, check, evaluatedTokens } = result;
  const used = saes.filter(({ id }) => request.saes.includes(id));
  return {
    ...{ slug: `${model.name}-${model.sha256.slice(0, 8)}`, scan: model.name },
    transcoder_list: used.map(({ name }) => name),
    ...{ prompt_tokens: tokenTexts, prompt: tokenTexts.join("") },
    // Cumulative influence is of the nodes that are told: all of them are to be seen.
    node_threshold: 1,
    schema_version: 1,
    info: { generator: { name: "Vitrine" }, description: provenance },
    generation_settings: {
      ...{ max_n_logits: mostTargets, desired_logit_prob: mass, max_feature_nodes: mostLatents },
    },
    pruning_settings: { node_threshold: nodeThreshold, edge_threshold: linkThreshold },
    vitrine: {
      ...{ model: model.sha256, scores, whole, frozen, activeLatents, usedLatents, evaluatedTokens },
      dictionaries: used.map(({ name, sha256, siteIn, siteOut }) => ({ name, sha256, siteIn, siteOut })),
      ...(check && { check }),
    },
  };
}
