/** Pins, groups, names: what they change, and that they survive a link. Pruning, search, neighbours. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { nodeName, NO_MARKS, type Marks } from "./graph";
import { sampleJson } from "./graphs.samples";
import { Neighbours } from "./links";
import * as marked from "./marks";
import { influenceRange, shownLinks, shownNodes } from "./prune";
import { readGraph } from "./readGraph";
import { searchNodes } from "./search";

const { graph } = readGraph("x", sampleJson());

it("pins, groups and ungroups; a node is in one group", () => {
  let marks = marked.togglePin(NO_MARKS, "a");
  marks = marked.makeGroup(marks, " both ", ["a", "b"]);
  expect(marks).toMatchObject({ pinned: ["a", "b"], groups: [{ label: "both", ids: ["a", "b"] }] });
  marks = marked.makeGroup(marks, "one", ["b"]);
  expect(marks.groups).toEqual([
    { label: "both", ids: ["a"] },
    { label: "one", ids: ["b"] },
  ]);
  // The last member takes its group with it.
  expect(marked.makeGroup(marks, "c", ["a"]).groups.map(({ label }) => label)).toEqual(["one", "c"]);
  expect(marked.renameGroup(marks, 1, "two").groups[1]?.label).toBe("two");
  expect(marked.removeGroup(marks, 0).groups).toHaveLength(1);
  expect(marked.makeGroup(marks, "  ", ["a"])).toBe(marks);
  expect(marked.togglePin(marks, "a").pinned).toEqual(["b"]);
  expect(marked.renameNode(marked.renameNode(marks, "a", "x"), "a", " ").names.size).toBe(0);
});

it("marks survive the lists of a link, whatever they are called", () => {
  const id = fc.string({ minLength: 1, maxLength: 20 }).filter((one) => !one.includes("\0"));
  const name = fc.string({ minLength: 1, maxLength: 30 });
  const marks: fc.Arbitrary<Marks> = fc.record({
    pinned: fc.uniqueArray(id, { maxLength: 6 }),
    groups: fc.array(fc.record({ label: name, ids: fc.array(id, { maxLength: 4 }) }), { maxLength: 4 }),
    names: fc.array(fc.tuple(id, name), { maxLength: 4 }).map((pairs) => new Map(pairs)),
  });
  fc.assert(
    fc.property(marks, (one) => {
      const lists = marked.marksToLists(one);
      expect(marked.marksFromLists(lists)).toEqual(one);
      const items = [...lists.pinned, ...lists.groups, ...lists.names];
      expect(items.every((item) => item.length <= 200)).toBe(true);
    }),
  );
  const many: Marks = { ...NO_MARKS, pinned: Array.from({ length: 9000 }, (_, i) => `${i}`) };
  expect(marked.marksToLists(many).pinned).toHaveLength(marked.MOST_PINNED);
});

it("prunes by cumulative influence; tokens, logits and marked nodes stay", () => {
  const all = shownNodes(graph, 1, NO_MARKS);
  expect([...all]).toEqual([1, 1, 1, 1, 1, 1, 1]);
  const some = shownNodes(graph, 0.7, NO_MARKS);
  expect([...some]).toEqual([1, 1, 1, 0, 0, 1, 1]);
  expect([...shownLinks(graph, some)]).toEqual([0, 1, 5]);
  expect([...shownNodes(graph, 0, marked.togglePin(NO_MARKS, "3_-1_1"))]).toEqual([1, 1, 0, 0, 1, 1, 1]);
  expect(influenceRange(graph)).toEqual([0.6, 1]);
  // A lower threshold never shows more.
  const threshold = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(threshold, threshold, (a, b) => {
      const [few, many] = [Math.min(a, b), Math.max(a, b)].map((one) => shownNodes(graph, one, NO_MARKS));
      few?.forEach((is, i) => expect(is).toBeLessThanOrEqual(many![i]!));
    }),
  );
});

it("finds nodes by label, name, token, id and number", () => {
  const names = { ...NO_MARKS, names: new Map([["3_45_1", "My Name"]]) };
  expect(searchNodes(graph, NO_MARKS, "NUMB")).toEqual([2]);
  expect(searchNodes(graph, names, "my name")).toEqual([3]);
  expect(searchNodes(graph, NO_MARKS, "#45")).toEqual([3]);
  expect(searchNodes(graph, NO_MARKS, "3_-1")).toEqual([4]);
  // All nodes at the token, most influence first, logits last.
  expect(searchNodes(graph, NO_MARKS, " one ")).toEqual([1, 2, 3, 4, 5, 6]);
  expect(searchNodes(graph, NO_MARKS, " ")).toEqual([]);
  expect(nodeName(graph, 4, NO_MARKS)).toBe("error of layer 3");
  expect(nodeName(graph, 3, NO_MARKS)).toBe("latent 45");
  expect(nodeName(graph, 1, NO_MARKS)).toBe("token “ one”");
});

it("sums a group's links and leaves those inside it out", () => {
  const neighbours = new Neighbours(graph);
  expect(neighbours.of([5], "inputs")).toEqual([
    { node: 3, weight: 3 },
    { node: 4, weight: 1 },
  ]);
  expect(neighbours.of([2], "outputs")).toEqual([
    { node: 3, weight: -2 },
    { node: 6, weight: 0.5 },
  ]);
  expect(neighbours.of([2, 3], "inputs")).toEqual([
    { node: 1, weight: 3 },
    { node: 0, weight: 1 },
  ]);
  expect(neighbours.of([5, 6], "inputs").map(({ node }) => node)).toEqual([3, 4, 2]);
});
