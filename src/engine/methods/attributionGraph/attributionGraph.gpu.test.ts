/** Attribution graphs on a real WebGPU adapter: the CPU device's graph, scores and ablations. */
import { expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { GRAPH_DEFAULTS, type GraphNode } from "../../../protocol/gradients/graphs";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { createWebGpuDevice } from "../../device/webgpu";
import { attachRandom, type RandomSae } from "../../interp/sae/attachRandom.samples";
import { randomGpt2 } from "../../models/randomModel";
import { attributionGraph } from "./attributionGraph";

const SAES: [string, (layer: number) => RandomSae][] = [
  [
    "skip transcoders",
    (layer) => ({
      ...{ kind: "relu", siteIn: `blocks.${layer}.ln2.normalized`, siteOut: `blocks.${layer}.mlp_out` },
      options: { skip: true },
    }),
  ],
  [
    "a cross-layer transcoder",
    (layer) => ({
      ...{ kind: "jumprelu", siteIn: `blocks.${layer}.resid_mid`, siteOut: `blocks.${layer}.mlp_out` },
      later: layer === 0 ? ["blocks.1.mlp_out"] : [],
    }),
  ],
  ["autoencoders of the stream", (layer) => ({ kind: "topk", siteIn: `blocks.${layer}.resid_post` })],
];

async function graphOn(device: Device, saeOf: (layer: number) => RandomSae) {
  const model = randomGpt2(device);
  for (const layer of [0, 1]) attachRandom(model, layer + 1, saeOf(layer));
  const request = {
    ...{ ...GRAPH_DEFAULTS, prompt: { tokens: [3, 1, 4, 1, 5, 9, 2, 6] }, saes: [1, 2] },
    ...{ nodeThreshold: 1, linkThreshold: 1, check: { largest: 4, random: 4, seed: 1 } },
  };
  return attributionGraph(model, request, NEVER_CANCELLED);
}

const nameOf = (node: GraphNode) => JSON.stringify({ ...node, activation: 0, probability: 0, influence: 0 });

it.each(SAES)("%s: the same graph as on the CPU device", async (_, saeOf) => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error("no WebGPU adapter: attribution graphs cannot be tested here");
  const here = await graphOn(await createWebGpuDevice({ adapter, defaultLimits: true }), saeOf);
  const there = await graphOn(await createCpuDevice(), saeOf);
  const linksOf = ({ nodes, links }: typeof here) =>
    new Map(
      links.map(({ source, target, weight }) => [
        `${nameOf(nodes[source]!)} > ${nameOf(nodes[target]!)}`,
        weight,
      ]),
    );
  const [ours, theirs] = [linksOf(here), linksOf(there)];
  const largest = Math.max(...[...theirs.values()].map(Math.abs));
  expect(largest).toBeGreaterThan(0.1);
  // Links of rounding errors may be there or not.
  for (const [link, weight] of theirs) {
    expect(Math.abs((ours.get(link) ?? 0) - weight), link).toBeLessThan(1e-3 * largest);
  }
  expect(Math.abs(here.scores.replacement - there.scores.replacement)).toBeLessThan(1e-3);
  expect(Math.abs(here.scores.completeness - there.scores.completeness)).toBeLessThan(1e-3);
  expect(here.usedLatents).toBe(there.usedLatents);
  const exact = ({ check }: typeof here) => check!.nodes.map((node) => node.exact).sort((a, b) => a - b);
  exact(there).forEach((value, i) => expect(Math.abs(exact(here)[i]! - value)).toBeLessThan(1e-3));
  expect(here.alarms).toEqual([]);
});
