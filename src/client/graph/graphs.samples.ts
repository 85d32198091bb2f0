/** Small graphs for tests: the public JSON, and a result of the engine. */
import type { AttributionGraphRequest, AttributionGraphResult } from "../../protocol/gradients/graphs";
import type { ResultContext } from "./fromResult";

const common = { token_prob: 0, is_target_logit: false, run_idx: 0, reverse_ctx_idx: 0 };

/** Two tokens, two latents, one error, two logits. */
export const sampleJson = () => ({
  metadata: {
    ...{ slug: "two-tokens", scan: "gemma-2-2b", transcoder_list: [], prompt_tokens: ["<bos>", " one"] },
    ...{ prompt: "<bos> one", node_threshold: 0.8, schema_version: 1 },
    info: { creator_name: "somebody", extra: { deep: [1, null, "x"] } },
    pruning_settings: { node_threshold: 0.8, edge_threshold: 0.98 },
  },
  qParams: {
    ...{ pinnedIds: ["3_45_1"], supernodes: [["pair", "0_5_1", "3_45_1"]], linkType: "both" },
    ...{ clickedId: "", sg_pos: "" },
  },
  nodes: [
    {
      ...common,
      node_id: "E_2_0",
      feature: 0,
      layer: "E",
      ctx_idx: 0,
      feature_type: "embedding",
      jsNodeId: "E_2-0",
      clerp: "",
      influence: 0.9,
      activation: null,
    },
    {
      ...common,
      node_id: "E_9_1",
      feature: 1,
      layer: "E",
      ctx_idx: 1,
      feature_type: "embedding",
      jsNodeId: "E_9-1",
      clerp: "",
      influence: 0.35,
      activation: null,
    },
    {
      ...common,
      node_id: "0_5_1",
      feature: 20,
      layer: "0",
      ctx_idx: 1,
      feature_type: "cross layer transcoder",
      jsNodeId: "0_5-0",
      clerp: "numbers",
      influence: 0.6,
      activation: 2.5,
    },
    {
      ...common,
      node_id: "3_45_1",
      feature: 1221,
      layer: "3",
      ctx_idx: 1,
      feature_type: "cross layer transcoder",
      jsNodeId: "3_45-0",
      clerp: null,
      influence: 0.8,
      activation: 1,
    },
    {
      ...common,
      node_id: "3_-1_1",
      feature: -1,
      layer: "3",
      ctx_idx: 1,
      feature_type: "mlp reconstruction error",
      jsNodeId: "3_-1-1",
      clerp: "",
      influence: 1,
      activation: null,
    },
    {
      ...common,
      node_id: "5_7_1",
      feature: 7,
      layer: "5",
      ctx_idx: 1,
      feature_type: "logit",
      jsNodeId: "L_7-1",
      clerp: 'Output " two" (p=0.600)',
      influence: null,
      activation: null,
      token_prob: 0.6,
      is_target_logit: true,
    },
    {
      ...common,
      node_id: "5_8_1",
      feature: 8,
      layer: "5",
      ctx_idx: 1,
      feature_type: "logit",
      jsNodeId: "L_8-1",
      clerp: 'Output " three" (p=0.200)',
      influence: null,
      activation: null,
      token_prob: 0.2,
    },
  ],
  links: [
    { source: "E_2_0", target: "0_5_1", weight: 1 },
    { source: "E_9_1", target: "0_5_1", weight: 3 },
    { source: "0_5_1", target: "3_45_1", weight: -2 },
    { source: "3_45_1", target: "5_7_1", weight: 3 },
    { source: "3_-1_1", target: "5_7_1", weight: 1 },
    { source: "0_5_1", target: "5_8_1", weight: 0.5 },
  ],
});

export const sampleResult = (): AttributionGraphResult => ({
  tokens: [0, 9],
  nodes: [
    { kind: "token", token: 0, layer: -1, position: 0, influence: 0.2 },
    { kind: "token", token: 9, layer: -1, position: 1, influence: 0.3 },
    { kind: "latent", sae: 4, latent: 17, activation: 1.5, layer: 1, position: 1, influence: 0.4 },
    { kind: "latent", sae: 5, latent: 17, activation: 0.5, layer: 1, position: 1, influence: 0.06 },
    { kind: "error", site: "blocks.1.mlp_out", layer: 1, position: 1, influence: 0.03 },
    { kind: "error", site: "blocks.1.resid_post", layer: 1, position: 1, influence: 0.01 },
    { kind: "logit", token: 5, probability: 0.75, layer: 4, position: 1, influence: 1 },
  ],
  links: [
    { source: 0, target: 2, weight: 0.5 },
    { source: 1, target: 2, weight: 1 },
    { source: 2, target: 6, weight: 2 },
    { source: 3, target: 6, weight: -0.25 },
    { source: 4, target: 6, weight: 0.1 },
  ],
  whole: { nodes: 20, links: 90, scores: { replacement: 0.8, completeness: 0.9 } },
  scores: { replacement: 0.7, completeness: 0.85 },
  ...{ activeLatents: 12, usedLatents: 10, frozen: ["patterns", "scales"], alarms: [] },
  check: {
    nodes: [
      { node: 2, estimate: 1.2, exact: 1.1, isLargest: true, isRandom: false },
      { node: 3, estimate: -0.2, exact: -0.1, isLargest: false, isRandom: true },
    ],
    largest: { n: 1, pearson: NaN, spearman: NaN, meanError: 0.1, relativeError: 0.09 },
    random: { n: 1, pearson: NaN, spearman: NaN, meanError: 0.1, relativeError: 1 },
    all: { n: 2, pearson: 1, spearman: 1, meanError: 0.1, relativeError: 0.13 },
  },
  ...{ done: 8, total: 8, evaluatedTokens: 24, elapsedMs: 30 },
});

export const sampleRequest = (): AttributionGraphRequest => ({
  prompt: { tokens: [0, 9], edits: [] },
  ...{ saes: [4, 5], mass: 0.95, mostTargets: 5, mostLatents: 400, nodeThreshold: 0.8, linkThreshold: 0.98 },
});

export const sampleContext = (): ResultContext => ({
  model: { name: "ledger", sha256: "ab".repeat(32), nLayers: 4 },
  provenance: "model ledger, device CPU",
  saes: [
    { id: 4, name: "mlp", sha256: "4".repeat(64), siteIn: "blocks.1.mlp_in", siteOut: "blocks.1.mlp_out" },
    {
      id: 5,
      name: "stream",
      sha256: "5".repeat(64),
      siteIn: "blocks.1.resid_post",
      siteOut: "blocks.1.resid_post",
    },
  ],
  request: sampleRequest(),
  tokenTexts: ["<s>", " plums"],
  textOf: (token) => ` t${token}`,
  labelOf: (_, latent) => (latent === 17 ? "section = answer" : ""),
});
