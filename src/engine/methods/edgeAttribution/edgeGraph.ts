/**
 * The graph of a model's residual stream: what writes to it (embeddings, heads, MLPs) and what reads it (queries, keys and
 * values of heads, MLPs, the final norm). An edge goes from a writer to every reader that comes after it.
 */
import type { EdgeInput, EdgeSource } from "../../../protocol/gradients/attributions";
import { VitrineError } from "../../../protocol/errors";
import { blockSite, type Site } from "../../../protocol/sites";
import { sitesOf, type Model } from "../../models/model";
import { refuseIndirect } from "../../models/weightMap";

export interface Source {
  readonly node: EdgeSource;
  /** When it writes: -1 the embeddings, 2 l attention of layer l, 2 l + 1 its MLP. */
  readonly stage: number;
}

export interface Input {
  readonly node: EdgeInput;
  /** The stream as it is read there. */
  readonly stream: Site;
  /** What is made of it: queries, keys, values, what the MLP writes; the stream itself before the final norm. */
  readonly made: Site;
  /** The head within `made`. */
  readonly head: number | undefined;
  /** Sources of an earlier stage reach it. */
  readonly before: number;
}

export interface Edge {
  readonly source: Source;
  readonly input: Input;
}

export interface EdgeGraph {
  readonly sources: readonly Source[];
  /** In the order of the forward pass. */
  readonly inputs: readonly Input[];
  readonly nLayers: number;
  readonly hasMlps: boolean;
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

export function edgeGraph(model: Model): EdgeGraph {
  const { config, architecture } = model;
  const { nLayers, nHeads, nKvHeads } = config;
  const map = architecture.weightMap(config);
  refuseIndirect(map);
  if (map.layers.some(({ attentionPostNorm }) => attentionPostNorm !== undefined)) {
    throw new VitrineError(
      "Unsupported",
      "In this model a norm stands between the heads and the residual stream, so no head writes there alone: patch heads instead of edges.",
    );
  }
  const sites = sitesOf(model);
  const hasMlps = sites.includes(blockSite(0, "mlp_out"));
  const layers = upTo(nLayers);
  const sources = layers.flatMap((layer): Source[] => [
    ...upTo(nHeads).map((head) => ({ node: { kind: "head", layer, head } as const, stage: 2 * layer })),
    ...(hasMlps ? [{ node: { kind: "mlp", layer } as const, stage: 2 * layer + 1 }] : []),
  ]);
  const inputs = layers.flatMap((layer): Input[] => {
    const stream = blockSite(layer, "resid_pre");
    const own = (["q", "k", "v"] as const).flatMap((kind) =>
      upTo(kind === "q" ? nHeads : nKvHeads).map((head) => ({
        node: { kind, layer, head },
        ...{ stream, made: blockSite(layer, `attn.${kind}`), head, before: 2 * layer },
      })),
    );
    if (!hasMlps) return own;
    // Where attention and MLP are parallel, both read what enters the block.
    const mid = blockSite(layer, "resid_mid");
    const read = sites.includes(mid) ? { stream: mid, before: 2 * layer + 1 } : { stream, before: 2 * layer };
    return [
      ...own,
      { node: { kind: "mlp", layer }, ...read, made: blockSite(layer, "mlp_out"), head: undefined },
    ];
  });
  const last = blockSite(nLayers - 1, "resid_post");
  return {
    sources: [{ node: { kind: "embed" }, stage: -1 }, ...sources],
    inputs: [
      ...inputs,
      { node: { kind: "logits" }, stream: last, made: last, head: undefined, before: 2 * nLayers },
    ],
    ...{ nLayers, hasMlps },
  };
}

/** Sources whose edges end at an input. */
export const sourcesOf = ({ sources }: EdgeGraph, { before }: Input): Source[] =>
  sources.filter(({ stage }) => stage < before);
