/** Influence against its definition as a sum over all paths; scores by hand; shares that add up. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { GraphLinks, NodeKind } from "./graph";
import { sampleJson } from "./graphs.samples";
import { cumulativeShares, influenceOf } from "./influence";
import { readGraph } from "./readGraph";

const linksOf = (list: readonly (readonly [number, number, number])[]): GraphLinks => ({
  source: Int32Array.from(list, ([from]) => from),
  target: Int32Array.from(list, ([, to]) => to),
  weight: Float64Array.from(list, ([, , weight]) => weight),
});

/** The slow, obvious way: every path from every logit, one link at a time. */
function byPaths(start: readonly number[], list: readonly (readonly [number, number, number])[]): number[] {
  const values = start.map(() => 0);
  const total = (to: number) =>
    list.filter((link) => link[1] === to).reduce((sum, [, , weight]) => sum + Math.abs(weight), 0);
  const walk = (to: number, part: number) => {
    for (const [from, target, weight] of list) {
      if (target !== to || weight === 0) continue;
      const passed = (part * Math.abs(weight)) / total(to);
      values[from]! += passed;
      walk(from, passed);
    }
  };
  start.forEach((part, i) => part > 0 && walk(i, part));
  return values;
}

it("is the sum over all paths", () => {
  const kinds: NodeKind[] = ["token", "latent", "error"];
  const node = fc.record({ kind: fc.constantFrom(...kinds) });
  const link = fc.tuple(fc.nat(8), fc.nat(8), fc.double({ min: -5, max: 5, noNaN: true }));
  fc.assert(
    fc.property(
      fc.array(node, { minLength: 1, maxLength: 7 }),
      fc.array(link, { maxLength: 18 }),
      (inner, given) => {
        const nodes = [
          ...inner,
          { kind: "logit" as const, probability: 0.6 },
          { kind: "logit" as const, probability: 0.2 },
        ];
        // From lower to higher places: never a circle.
        const list = given
          .map(([a, b, w]) => [Math.min(a, b) % nodes.length, Math.max(a, b) % nodes.length, w] as const)
          .filter(([a, b, w]) => a < b && Math.abs(w) > 1e-3);
        const found = influenceOf(nodes, linksOf(list));
        const start = nodes.map((one) => ("probability" in one ? one.probability / 0.8 : 0));
        byPaths(start, list).forEach((value, i) => expect(found?.values[i]).toBeCloseTo(value, 9));
      },
    ),
  );
});

it("scores the sample as by hand", () => {
  const { graph } = readGraph("x", sampleJson());
  const found = influenceOf(graph.nodes, graph.links)!;
  // " two" (3/4) comes to 3/4 by latent 45, to 1/4 by an error; " three" (1/4) by latent 5, which both go through.
  const error = 0.75 * 0.25;
  const five = 0.75 * 0.75 + 0.25;
  expect(found.values[4]).toBeCloseTo(error);
  expect(found.values[2]).toBeCloseTo(five);
  expect(found.scores.replacement).toBeCloseTo(five / (five + error));
  const passed = 0.75 + 0.25 + 0.75 * 0.75 + error + five + five;
  expect(found.scores.completeness).toBeCloseTo((passed - 0.75 * 0.25) / passed);
});

it("says nothing of circles and of graphs without a logit", () => {
  const nodes = [{ kind: "latent" as const }, { kind: "latent" as const }, { kind: "logit" as const }];
  expect(
    influenceOf(
      nodes,
      linksOf([
        [0, 1, 1],
        [1, 0, 1],
        [1, 2, 1],
      ]),
    ),
  ).toBeUndefined();
  expect(influenceOf(nodes.slice(0, 2), linksOf([[0, 1, 1]]))).toBeUndefined();
});

it("shares of the largest come first and end at one", () => {
  expect([...cumulativeShares([1, 5, 0, 4])]).toEqual([1, 0.5, 1, 0.9]);
  expect([...cumulativeShares([0, 0])]).toEqual([1, 1]);
  const values = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(values, (list) => {
      const shares = cumulativeShares(list);
      list.forEach((value, i) =>
        list.forEach((other, j) => value > other && expect(shares[i]).toBeLessThanOrEqual(shares[j]!)),
      );
    }),
  );
});
