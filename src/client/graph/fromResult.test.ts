/** A result in the public form: read as an opened graph it is the same graph. */
import { expect, it } from "vitest";
import { publicGraphOf } from "./fromResult";
import { sampleContext, sampleResult } from "./graphs.samples";
import { parseGraph, readGraph } from "./readGraph";
import { writeGraph } from "./writeGraph";

it("keeps nodes in their order, links, influences and what is not in the public form", () => {
  const result = sampleResult();
  const made = publicGraphOf(result, sampleContext());
  const file = readGraph("ledger", made);
  const { graph, notes } = file;
  expect(notes).toEqual([]);
  expect(graph.nodes.map(({ id }) => id)).toEqual([
    ...["E_0_0", "E_9_1", "1_17_1", "1_17_1_5"],
    ...["1_-1_1", "1_-1_1_blocks.1.resid_post", "5_5_1"],
  ]);
  expect(graph.nodes.map(({ kind }) => kind)).toEqual(result.nodes.map(({ kind }) => kind));
  expect(graph.rows).toEqual(["tokens", "1", "logits"]);
  expect(graph.nodes[2]).toMatchObject({
    latent: 17,
    activation: 1.5,
    label: "section = answer",
    share: 0.4,
  });
  expect(graph.nodes[3]).toMatchObject({ latent: 17, activation: 0.5 });
  // 0.4, 0.7, 0.9, 0.96, 0.99, 1: the most influential first.
  const cumulative = graph.nodes.map((node) => node.cumulative);
  [0.9, 0.7, 0.4, 0.96, 0.99, 1].forEach((value, i) => expect(cumulative[i]).toBeCloseTo(value));
  expect(cumulative[6]).toBeUndefined();
  expect(graph.nodes[6]).toMatchObject({
    probability: 0.75,
    isTarget: true,
    label: 'Output " t5" (p=0.750)',
  });
  const links = result.links.map(({ source, target, weight }) => [source, target, weight]);
  const { source, target, weight } = graph.links;
  expect(links.map((_, i) => [source[i], target[i], weight[i]])).toEqual(links);
  expect(graph).toMatchObject({ model: "ledger", tokens: ["<s>", " plums"], nodeThreshold: 1 });
  expect(made["metadata"]).toMatchObject({
    ...{ prompt: "<s> plums", schema_version: 1, transcoder_list: ["mlp", "stream"] },
    pruning_settings: { node_threshold: 0.8, edge_threshold: 0.98 },
    vitrine: { scores: { replacement: 0.7 }, whole: { nodes: 20 } },
  });
  const again = parseGraph("saved.json", writeGraph(file, file.marks));
  expect(again.graph).toEqual(graph);
});
