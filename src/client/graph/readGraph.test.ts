/** Graphs of others: read, drawn as far as can be, written back with nothing lost; no graph, no guess. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exactJson } from "./exactJson";
import { NO_MARKS, type Marks } from "./graph";
import { sampleJson } from "./graphs.samples";
import { looksLikeGraph, mayBeGraph, parseGraph, readGraph } from "./readGraph";
import { withMarks, writeGraph } from "./writeGraph";

/** To be changed in ways that no type allows. */
interface Loose {
  readonly qParams: Record<string, unknown>;
  readonly nodes: (Record<string, unknown> | null)[];
  readonly links: unknown[];
}
const loose = (value: unknown) => value as Loose;

const read = (value: unknown) => parseGraph("x.json", JSON.stringify(value));

describe("a graph as circuit-tracer writes it", () => {
  it("has kinds, rows, positions, labels and links", () => {
    const { graph, marks, notes } = read(sampleJson());
    expect(notes).toEqual([]);
    expect(graph.rows).toEqual(["tokens", "0", "1", "2", "3", "logits"]);
    expect(graph.nodes.map(({ kind, row }) => [kind, row])).toEqual([
      ["token", 0],
      ["token", 0],
      ["latent", 1],
      ["latent", 4],
      ["error", 4],
      ["logit", 5],
      ["logit", 5],
    ]);
    // `feature` is a number of layer and latent; the id says the latent.
    expect(graph.nodes[3]).toMatchObject({ latent: 45, activation: 1, cumulative: 0.8, label: "" });
    expect(graph.nodes[5]).toMatchObject({ probability: 0.6, isTarget: true });
    expect(graph.nodes[5]).not.toHaveProperty("cumulative");
    expect([...graph.links.source]).toEqual([0, 1, 2, 3, 4, 2]);
    expect([...graph.links.weight]).toEqual([1, 3, -2, 3, 1, 0.5]);
    expect(graph).toMatchObject({ slug: "two-tokens", model: "gemma-2-2b", nodeThreshold: 0.8 });
    expect(graph.tokens).toEqual(["<bos>", " one"]);
    expect(marks).toEqual({
      ...{ pinned: ["3_45_1"], names: new Map() },
      groups: [{ label: "pair", ids: ["0_5_1", "3_45_1"] }],
    });
  });

  it("is written back as it was, and with marks only they change", () => {
    const file = read(sampleJson());
    expect(JSON.parse(writeGraph(file, file.marks))).toEqual(sampleJson());
    expect(withMarks(file, file.marks)).toBe(file.raw);
    const marks: Marks = {
      ...{ pinned: ["E_2_0"], groups: [{ label: "all", ids: ["E_2_0"] }] },
      names: new Map([["3_45_1", "a name"]]),
    };
    const wanted = loose(sampleJson());
    Object.assign(wanted.qParams, { pinnedIds: ["E_2_0"], supernodes: [["all", "E_2_0"]] });
    wanted.nodes[3]!["clerp"] = "a name";
    const written = writeGraph(file, marks);
    expect(JSON.parse(written)).toEqual(wanted);
    // The order of fields, too.
    expect(written).toBe(JSON.stringify(wanted));
    const again = parseGraph("again.json", written);
    expect(again.marks).toEqual({ ...marks, names: new Map() });
    expect(again.graph.nodes[3]?.label).toBe("a name");
  });
});

describe("old and odd files", () => {
  it("opens without qParams, metadata, influences, with layers as numbers and labels that are null", () => {
    const { nodes, links } = sampleJson();
    const old = nodes.map(({ layer, ...node }) => {
      const { influence, activation, ...rest } = node;
      expect([influence, activation]).toHaveLength(2);
      return { ...rest, layer: layer === "E" ? "E" : Number(layer), clerp: null };
    });
    const file = read({ nodes: old, links });
    expect(file.graph.rows).toEqual(["tokens", "0", "1", "2", "3", "logits"]);
    expect(file.graph.influenceFromLinks).toBe(true);
    // Logit " two" has 3/4 of what is to be explained: 3/4 of that comes by latent 45, 1/4 by the error.
    const share = file.graph.nodes.map((node) => node.share);
    const total = 0.75 * 0.75 + 0.75 * 0.25 + (0.75 * 0.75 + 0.25) + (0.75 * 0.75 + 0.25);
    expect(share[3]).toBeCloseTo((0.75 * 0.75) / total);
    expect(share[4]).toBeCloseTo((0.75 * 0.25) / total);
    expect(file.graph.nodes[4]?.cumulative).toBe(1);
    expect(file.graph.tokens).toEqual(["", ""]);
    expect(file.notes).toEqual([
      "metadata: missing, so prompt and model are not known.",
      "metadata.prompt_tokens: missing, so positions have no tokens.",
    ]);
    expect(file.marks).toEqual(NO_MARKS);
    const pinned = JSON.parse(writeGraph(file, { ...NO_MARKS, pinned: ["E_2_0"] })) as object;
    expect(pinned).toEqual({ nodes: old, links, qParams: { pinnedIds: ["E_2_0"] } });
  });

  it("keeps what cannot be drawn, and says so", () => {
    const odd = loose(sampleJson());
    odd.links.push({ source: "E_2_0", target: "9_9_9", weight: 1 }, { source: "E_2_0", target: "5_7_1" }, 7);
    odd.nodes.push({ ...odd.nodes[2] }, null, { feature_type: "mystery", node_id: "m", ctx_idx: -3 });
    const file = read(odd);
    expect(file.notes).toEqual([
      "nodes[7] 0_5_1: its id is another node's, too; links go to the first of them.",
      "nodes[8] is null: no node but something else, so it is kept and not drawn.",
      "nodes[9]: the node has no “layer”, so it is drawn in a row of its own.",
      "nodes[9]: the node has no position as “ctx_idx”, so it is drawn at one that its id says, or at 0.",
      "links[6] and 1 more: the link names a node that is not there, so it is kept but not drawn.",
      "links[7]: the link has no number as “weight”, so it is kept but not drawn.",
    ]);
    expect(file.graph.nodes.at(-2)?.id).toBe("0_5_1#2");
    expect(file.graph.links.source).toHaveLength(6);
    expect(JSON.parse(writeGraph(file, file.marks))).toEqual(odd);
    // A name for the last node goes to its place in the list, past what is no node.
    const named = loose(JSON.parse(writeGraph(file, { ...file.marks, names: new Map([["m", "mine"]]) })));
    expect(named.nodes[9]).toEqual({ ...odd.nodes[9], clerp: "mine" });
    expect(named.nodes[8]).toBeNull();
  });

  it("refuses what is no graph, with file, field and cure", () => {
    const refused = (text: string) => () => parseGraph("y.json", text);
    expect(refused('{"nodes": [')).toThrow(/^y\.json is no JSON; it may have been cut/);
    expect(refused('{"nodes": [{"node_id": "a", "activation": NaN}], "links": []}')).toThrow(/write null/);
    expect(refused("[1]")).toThrow("y.json holds [1]: an attribution graph is an object.");
    expect(refused('{"nodes": [], "edges": []}')).toThrow("y.json has nothing as “links”: give a list");
    expect(refused('{"nodes": [3], "links": []}')).toThrow("y.json has no nodes");
    expect(mayBeGraph('{"d_model": 4}')).toBe(false);
    expect(looksLikeGraph({ nodes: [], links: [] })).toBe(true);
    expect(looksLikeGraph({ nodes: {}, links: [] })).toBe(false);
  });

  it("survives a position and a layer far out", () => {
    const far = loose(sampleJson());
    far.nodes[2]!["ctx_idx"] = 1e9;
    far.nodes[3]!["layer"] = "1000000000";
    const { graph, notes } = read(far);
    expect(graph.tokens).toHaveLength(2);
    expect(graph.rows.length).toBeLessThan(8);
    expect(notes).toHaveLength(1);
  });
});

describe("whatever the JSON is", () => {
  const anything = fc.jsonValue() as fc.Arbitrary<unknown>;
  const id = fc.oneof(fc.constantFrom("a", "b", "0_1_2", "E_5_0", "__proto__", "constructor"), fc.string());
  const node = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record(
        {
          node_id: id,
          layer: anything,
          ctx_idx: anything,
          feature_type: fc.oneof(
            fc.constantFrom("logit", "embedding", "cross layer transcoder", "mlp reconstruction error"),
            anything,
          ),
          clerp: anything,
          influence: anything,
          token_prob: anything,
          extra: anything,
        },
        { requiredKeys: [] },
      ),
    },
    { weight: 1, arbitrary: anything },
  );
  const link = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ source: id, target: id, weight: fc.double() }, { requiredKeys: [] }),
    },
    { weight: 1, arbitrary: anything },
  );
  const graph = fc.record(
    {
      metadata: anything,
      qParams: fc.oneof(anything, fc.record({ pinnedIds: anything, supernodes: fc.array(fc.array(id)) })),
      nodes: fc.array(node),
      links: fc.array(link),
      more: anything,
    },
    { requiredKeys: ["nodes", "links"] },
  );

  it("a round trip keeps all of it, and every link drawn has two nodes", () => {
    fc.assert(
      fc.property(graph, (value) => {
        const text = exactJson(value);
        let file;
        try {
          file = parseGraph("x.json", text);
        } catch (error) {
          expect(String(error)).toContain("x.json has no nodes");
          return;
        }
        expect(JSON.parse(writeGraph(file, file.marks))).toEqual(JSON.parse(text));
        const { nodes, links, rows, tokens } = file.graph;
        expect(new Set(nodes.map((one) => one.id)).size).toBe(nodes.length);
        for (const { row, position } of nodes) {
          expect(rows[row]).toBeDefined();
          expect(tokens[position]).toBeDefined();
        }
        links.source.forEach((from, i) => {
          expect(nodes[from]).toBeDefined();
          expect(nodes[links.target[i]!]).toBeDefined();
          expect(Number.isFinite(links.weight[i])).toBe(true);
        });
      }),
    );
  });

  it("numbers that plain JSON loses come back", () => {
    const text =
      '{"nodes":[{"node_id":"a","activation":-0.0}],"links":[],"big":1e400,"small":-1e999,"@number1":"@number0"}';
    const file = readGraph("x", JSON.parse(text));
    const again = loose(JSON.parse(writeGraph(file, file.marks)));
    expect(Object.is(again.nodes[0]!["activation"], -0)).toBe(true);
    expect(again).toEqual(JSON.parse(text));
  });
});
