/** Influence, scores, pruning and total effects against whole matrices in f64, on small random graphs. */
import { describe, expect, it } from "vitest";
import { noise } from "../../../random/noise";
import { influence, scoresOf, totalEffects, type Adjacency, type NodeKind } from "./influence";
import { prune } from "./pruning";
import { slowInfluence, slowPruning, slowScores, slowTotals } from "./reference.samples";

/** Tokens, latents and errors mixed, two logits; some links are missing. */
function randomGraph(seed: number): Adjacency {
  const kinds: NodeKind[] = ["token", "token", "token"];
  for (let i = 0; i < 14; i++) kinds.push(i % 4 === seed % 4 ? "error" : "latent");
  kinds.push("logit", "logit");
  const rows = kinds.map((kind, target) => {
    if (kind === "token" || kind === "error") return undefined;
    const values = noise(kinds.length, 100 * seed + target);
    return values.map((value, source) =>
      source >= target || kinds[source] === "logit" || Math.abs(value) < 0.2 ? 0 : value,
    );
  });
  const weights = kinds.map((_, i) => [0.7, 0.3][i - kinds.length + 2] ?? 0);
  return { kinds, rows, weights };
}

describe.each([1, 2, 3, 4, 5])("graph %i", (seed) => {
  const graph = randomGraph(seed);

  it("has the influence of all powers of its matrix, which nothing is lost of", () => {
    const found = influence(graph);
    slowInfluence(graph).forEach((value, i) => expect(found[i]).toBeCloseTo(value, 7));
    const ends = [...found].filter((_, i) => graph.rows[i] === undefined);
    expect(ends.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
  });

  it("has its scores, between 0 and 1", () => {
    const [found, slow] = [scoresOf(graph), slowScores(graph)];
    expect(found.replacement).toBeCloseTo(slow.replacement, 6);
    expect(found.completeness).toBeCloseTo(slow.completeness, 6);
    for (const score of Object.values(found)) expect(score > 0 && score < 1).toBe(true);
  });

  it.each([
    [0.8, 0.98],
    [0.5, 0.6],
    [1, 1],
    [0, 0],
  ])("keeps nodes to %d and links to %d", (nodes, links) => {
    const [found, slow] = [prune(graph, nodes, links), slowPruning(graph, nodes, links)];
    expect([...found.nodes].sort((a, b) => a - b)).toEqual(slow.nodes);
    const told = found.links.map(({ source, target }) => [source, target]);
    expect(told).toEqual(slow.links.toSorted((a, b) => a[1]! - b[1]! || a[0]! - b[0]!));
    expect(found.scores.replacement).toBeLessThanOrEqual(scoresOf(graph).replacement + 1e-6);
  });

  it("has the effects of all paths", () => {
    const gains = [...noise(graph.kinds.length, seed)];
    const target = graph.kinds.indexOf("logit");
    const found = totalEffects(graph.rows, gains, target);
    slowTotals(graph, gains, target).forEach((value, i) => expect(found[i]).toBeCloseTo(value, 6));
  });
});

it("has an empty graph's scores as no numbers", () => {
  const { replacement } = scoresOf({
    kinds: ["token", "logit"],
    rows: [undefined, new Float32Array(2)],
    weights: [0, 1],
  });
  expect(replacement).toBeNaN();
});
