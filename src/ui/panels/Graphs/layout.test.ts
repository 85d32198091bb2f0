/** Places of nodes: columns and rows, cells without overlap, what is pruned has no place; walking by keys; links that are drawn. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { NO_MARKS, type Graph } from "../../../client/graph/graph";
import { sampleJson } from "../../../client/graph/graphs.samples";
import { Neighbours } from "../../../client/graph/links";
import { shownLinks, shownNodes } from "../../../client/graph/prune";
import { readGraph } from "../../../client/graph/readGraph";
import { drawnLinks, FEW_LINKS } from "./drawn";
import { layoutGraph, nodeAt, walk } from "./layout";
import { graphSvg } from "./paper";
import { nodeTable } from "./tables";

const { graph } = readGraph("x", sampleJson());
const all = shownNodes(graph, 1, NO_MARKS);

/** Latents in random cells. */
const crowd = fc
  .array(fc.tuple(fc.nat(3), fc.nat(4)), { minLength: 1, maxLength: 60 })
  .map((cells): Graph => {
    const nodes = cells.map(([layer, position], i) => ({
      ...{ node_id: `${layer}_${i}_${position}`, layer, ctx_idx: position },
      feature_type: "cross layer transcoder",
    }));
    return readGraph("x", { nodes, links: [], metadata: { prompt_tokens: ["a", "b", "c", "d", "e"] } }).graph;
  });

it("puts tokens at the bottom, logits on top, later positions to the right", () => {
  const { x, y, rows, columns, height } = layoutGraph(graph, all, 800);
  expect(y[0]).toBeGreaterThan(y[2]!);
  expect(y[2]).toBeGreaterThan(y[3]!);
  expect(y[3]).toBeGreaterThan(y[5]!);
  expect(x[0]).toBe(columns[0]!.x);
  expect(x[1]).toBe(columns[1]!.x);
  // Two nodes of one cell: side by side, the one of more influence first.
  expect(x[3]).toBeLessThan(x[4]!);
  expect(y[3]).toBe(y[4]);
  expect(rows.map(({ label }) => label)).toEqual(graph.rows);
  expect(Math.max(...rows.map(({ bottom }) => bottom))).toBeLessThan(height);
  const some = layoutGraph(graph, shownNodes(graph, 0.7, NO_MARKS), 800);
  expect(some.x[3]).toBeNaN();
  expect(some.x[2]).not.toBeNaN();
});

it("never lays two nodes on one another, and keeps each in its row and column at any width", () => {
  fc.assert(
    fc.property(crowd, fc.integer({ min: 200, max: 1600 }), (one, room) => {
      const layout = layoutGraph(one, new Uint8Array(one.nodes.length).fill(1), room);
      const { x, y, columns, rows, columnWidth } = layout;
      one.nodes.forEach(({ row, position }, i) => {
        expect(Math.abs(x[i]! - columns[position]!.x)).toBeLessThanOrEqual(columnWidth / 2);
        expect(y[i]).toBeLessThan(rows[row]!.bottom);
        expect(y[i]).toBeGreaterThan(rows[row]!.top);
        expect(nodeAt(layout, x[i]! + 3, y[i]! - 3)).toBe(i);
        for (let j = 0; j < i; j++) expect(Math.hypot(x[i]! - x[j]!, y[i]! - y[j]!)).toBeGreaterThan(12);
      });
      expect(nodeAt(layout, -50, -50)).toBeUndefined();
    }),
  );
});

it("keys reach every node, row by row", () => {
  fc.assert(
    fc.property(crowd, (one) => {
      const layout = layoutGraph(one, new Uint8Array(one.nodes.length).fill(1), 600);
      const key = (from: number | undefined, name: string) => walk(one, layout, from, name);
      let at = key(undefined, "ArrowRight");
      for (let i = 0; i < 5; i++) at = key(at, "ArrowDown");
      const seen = new Set<number>();
      for (let row = 0; row < 5; row++) {
        at = key(at, "Home");
        for (let i = 0; i < 61; i++) {
          seen.add(at!);
          at = key(at, "ArrowRight");
        }
        expect(at).toBe(key(at, "End"));
        at = key(at, "ArrowUp");
      }
      expect(seen.size).toBe(one.nodes.length);
    }),
  );
  const layout = layoutGraph(graph, all, 800);
  expect(walk(graph, layout, undefined, "ArrowUp")).toBe(5);
  expect(walk(graph, layout, 6, "ArrowDown")).toBe(4);
  expect(walk(graph, layout, 2, "x")).toBeUndefined();
});

it("draws the links of the chosen node, those among pinned ones, and all where they are few", () => {
  const neighbours = new Neighbours(graph);
  const kept = shownLinks(graph, all);
  const drawn = drawnLinks(graph, neighbours, all, kept, [3], [0, 2]);
  expect(drawn.faint).toHaveLength(6);
  expect([...drawn.strong].sort()).toEqual([0, 2, 3]);
  expect(drawn.most).toBe(3);
  const many = drawnLinks(graph, neighbours, all, new Int32Array(FEW_LINKS + 1), [], []);
  expect(many.faint).toHaveLength(0);
  expect(many.most).toBe(0);
  // A pruned neighbour has no link.
  const some = shownNodes(graph, 0.7, NO_MARKS);
  expect(drawnLinks(graph, neighbours, some, shownLinks(graph, some), [2], []).strong.toSorted()).toEqual([
    0, 1, 5,
  ]);
});

it("stands on paper as on the page, and in a table", () => {
  const neighbours = new Neighbours(graph);
  const svg = graphSvg(
    {
      ...{ graph, layout: layoutGraph(graph, all, 600), pinned: [3], groupOf: new Map([[3, 1]]) },
      links: drawnLinks(graph, neighbours, all, shownLinks(graph, all), [3], []),
      ...{ selected: [3], pointed: undefined, nameOf: () => "a < b" },
    },
    { title: "title", caption: "caption" },
  );
  expect(svg).toContain("[1] a &#60; b");
  // One error, and one in the legend; lowering links are dashed.
  expect(svg.match(/fill="#ffffff" stroke="#59626d"/g)).toHaveLength(2);
  expect(svg.match(/stroke-dasharray/g)).toHaveLength(1);
  expect(new DOMParserLike(svg).isBalanced).toBe(true);
  const table = nodeTable(graph, all, {
    ...NO_MARKS,
    pinned: ["E_2_0"],
    groups: [{ label: "g", ids: ["0_5_1"] }],
  });
  expect(table.rows.map(([id]) => id)).toEqual([
    "E_9_1",
    "0_5_1",
    "3_45_1",
    "E_2_0",
    "3_-1_1",
    "5_7_1",
    "5_8_1",
  ]);
  expect(table.rows[3]?.at(-2)).toBe("yes");
  expect(table.rows[1]?.at(-1)).toBe("g");
});

/** Every element that is opened is closed. */
class DOMParserLike {
  readonly isBalanced: boolean;
  constructor(svg: string) {
    const open: string[] = [];
    let fits = true;
    for (const [, end, name, self] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (end) fits &&= open.pop() === name;
      else if (!self) open.push(name!);
    }
    this.isBalanced = fits && open.length === 0;
  }
}
