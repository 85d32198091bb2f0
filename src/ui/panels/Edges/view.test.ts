/** What is drawn and said of edges: the planted graph of the induction model, layout, walking, words, tables, requests. */
import { beforeAll, describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type {
  CheckedEdge,
  EdgeAttributionRequest,
  EdgeAttributionResult,
} from "../../../protocol/gradients/attributions";
import { createCpuDevice } from "../../../engine/device/cpu";
import { fileFromBytes } from "../../../engine/formats/bytes/source";
import { openModelFiles } from "../../../engine/formats/modelFiles";
import { edgeAttribution } from "../../../engine/methods/edgeAttribution/edgeAttribution";
import { INDUCTION, inductionFiles } from "../../../engine/models/inductionModel.samples";
import { loadModel } from "../../../engine/models/loading/loadModel";
import { agreement } from "../../../statistics/agreement";
import { layoutEdges, layoutNodes, walkNodes } from "./layout";
import { edgeName, edgesAt, nodeKey, nodeRows, type GraphShape } from "./nodes";
import { edgesSvg } from "./paper";
import { curveRequest, edgesCost, edgesRequest, type Given } from "./request";
import { EDGES_DEFAULTS, MOST_DRAWN } from "./settings";
import { checkPoints, checkTable, curveTable, edgeTable } from "./tables";
import {
  alarmWords,
  checkSentences,
  curvePoints,
  curveSentences,
  edgeText,
  farWords,
  shownEdges,
} from "./view";

const ONCE = [3, 9, 14, 0, 7, 11, 5, 2];
const TOKENS = [...ONCE, ...ONCE.slice(0, 5)];
const head = INDUCTION.induction;
const GIVEN: Given = {
  prompt: { text: "", tokens: TOKENS },
  position: TOKENS.length - 1,
  donor: { text: "", tokens: TOKENS.map((token, i) => (i === 5 ? 13 : token)) },
  target: 11,
  minus: 13,
};
const ask = (settings = {}, given = {}) =>
  edgesRequest({ ...EDGES_DEFAULTS, ...settings }, { ...GIVEN, ...given });
const words = { metric: "logit(11) − logit(13)", unit: "logits", seed: 7 };

let request: EdgeAttributionRequest;
let shape: GraphShape;
let result: EdgeAttributionResult;

beforeAll(async () => {
  const device = await createCpuDevice();
  const files = await openModelFiles(inductionFiles().map(({ name, bytes }) => fileFromBytes(name, bytes)));
  const { model } = await loadModel(device, files, "f32", NEVER_CANCELLED);
  const { nLayers, nHeads, nKvHeads } = model.config;
  shape = { nLayers, nHeads, nKvHeads, hasMlps: false };
  request = ask() as EdgeAttributionRequest;
  const { check } = request;
  const curve = curveRequest(request, { draws: 2, seed: 7 }, 2);
  result = await edgeAttribution(model, { ...curve, most: MOST_DRAWN, check: check! }, NEVER_CANCELLED);
});

describe("the planted graph", () => {
  it("has its two edges first, with their exact effects", () => {
    const [first, second, third] = shownEdges(result, 5);
    expect([first, second].map((edge) => edgeName(edge!, shape)).sort()).toEqual([
      `embeddings → v of head 1.${head}`,
      `head 1.${head} → logits`,
    ]);
    expect(Math.abs(second!.estimate)).toBeGreaterThan(100 * Math.abs(third!.estimate));
    expect(first!.exact).toBeCloseTo(first!.estimate, 2);
    expect(edgeText(first!, shape, "logits")).toMatch(/: −[\d.]+ logits to first order, exact −[\d.]+$/);
  });

  it("draws them widest, and lists them at their head", () => {
    const edges = shownEdges(result, 5);
    const placed = layoutEdges(edges, shape, layoutNodes(shape, 800));
    expect(placed).toHaveLength(5);
    // The strongest lie on top.
    expect(placed.at(-1)!.width).toBe(6);
    expect(placed.at(-2)!.width).toBeGreaterThan(5.9);
    expect(placed[0]!.width).toBeLessThan(1.1);
    const { into, out } = edgesAt(`head 1.${head}`, edges, shape);
    expect(into).toContain(edges.find(({ to }) => to.kind === "v" && Math.abs(edges[1]!.estimate) > 0.1));
    expect(out.map(({ to }) => to.kind)).toEqual(["logits"]);
    const svg = edgesSvg({ edges, shape, unit: "logits" }, { title: "a < b", caption: "c" });
    expect(svg).toContain("a &#60; b");
    // Both lower the metric: told apart by dashes, too, besides the legend's line.
    expect(svg.match(/stroke-dasharray/g)!.length).toBeGreaterThanOrEqual(3);
  });

  it("says which graph is enough, and what random ones keep", () => {
    const points = curvePoints(result);
    expect(points.map(({ kept }) => kept)).toEqual([1, 2]);
    expect(points[1]!.faithfulness).toBeCloseTo(1, 3);
    expect(points[1]!.random).toMatchObject({ n: 2 });
    const [ends, enough] = curveSentences(result, words);
    expect(ends).toMatch(/in this prompt \(faithfulness 1\) and −[\d.]+ in the other \(0\), logits\.$/);
    expect(enough).toMatch(
      /^The 2 strongest of \d+ edges .* keep 1\.000 .*; 2 graphs of 2 edges drawn by seed 7 keep/,
    );
    expect(curveTable(points, words.metric).rows[1]!.slice(0, 1)).toEqual([2]);
    expect(curveSentences({ ...result, graphs: result.graphs.slice(0, 1) }, words)[1]).toMatch(
      /^None of these/,
    );
    expect(curveSentences({ ...result, donor: result.base }, words)[0]).toContain("undefined");
  });

  it("says how far the estimates are off", () => {
    expect(farWords(result)).toBeUndefined();
    const said = checkSentences(request, result, "logits", false);
    expect(said[0]).toMatch(/^Edges drawn by seed 7: n = 8, /);
    expect(said.at(-1)).toContain("Only the drawn edges");
    const { edges } = result.check!;
    expect(checkPoints(edges, shape)).toHaveLength(edges.length);
    expect(checkTable(edges, shape).rows).toHaveLength(edges.length);
    expect(edgeTable(shownEdges(result, 5), shape, "logits").rows[0]).toHaveLength(4);
  });
});

describe("words of a check", () => {
  const edge = (estimate: number, exact: number): CheckedEdge => ({
    ...{ from: { kind: "embed" }, to: { kind: "logits" }, estimate, exact },
    ...{ isLargest: true, isRandom: true },
  });
  const checked = (pairs: readonly (readonly [number, number])[]) => {
    const edges = pairs.map(([estimate, exact]) => edge(estimate, exact));
    const all = agreement(
      pairs.map(([estimate]) => estimate),
      pairs.map(([, exact]) => exact),
    );
    return { at: { kind: "prompt" } as const, check: { edges, largest: all, random: all, all } };
  };

  it("warn where estimates are far from the truth", () => {
    expect(farWords(checked([[1, 4], [2, 8], [3, 12]]))).toMatch(/by 75 % .* take the gradient along the path/); // prettier-ignore
    expect(farWords(checked([[1, 1.1], [2, 2], [3, 2.9]]))).toBeUndefined(); // prettier-ignore
    const loose = checked([[1, 1.2], [1.2, 1], [1.1, 1.1]]); // prettier-ignore
    expect(farWords(loose)).toContain("hardly go together");
    expect(farWords({ ...loose, at: { kind: "path", steps: 8 } })).toMatch(/Rely on the exact effects\.$/);
  });

  it("say that nothing was checked, or not yet", () => {
    expect(checkSentences({}, {}, "logits", false)[0]).toMatch(/^First order was not checked: no edge/);
    const one = { check: { largest: 1, random: 1, seed: 3 } };
    expect(checkSentences(one, {}, "logits", true)).toEqual(["First order is not checked yet."]);
  });

  it("tell gradients that say nothing from some that do", () => {
    const alarms = [{ kind: "allZero", site: "blocks.0.attn.q", at: "prompt" }] as const;
    const at = { kind: "prompt" } as const;
    expect(alarmWords({ alarms: [], at, edges: [] })).toBeUndefined();
    expect(alarmWords({ alarms, at, edges: [edge(0, 0)] })).toMatchObject({ isAll: true });
    expect(alarmWords({ alarms, at, edges: [edge(1, 0)] })!.text).toContain("at blocks.0.attn.q. Edges into");
  });
});

describe("the layout", () => {
  const big: GraphShape = { nLayers: 3, nHeads: 4, nKvHeads: 2, hasMlps: true };

  it("stands in layers, embeddings lowest, and fits or scrolls", () => {
    for (const room of [280, 900]) {
      const { nodes, width, layers } = layoutNodes(big, room);
      expect(nodes).toHaveLength(1 + 3 * 5 + 1);
      const y = (key: string) => nodes.find((one) => one.key === key)!.y;
      expect(y("embed")).toBeGreaterThan(y("head 0.0"));
      expect(y("head 0.3")).toBeGreaterThan(y("mlp 0"));
      expect(y("mlp 2")).toBeGreaterThan(y("logits"));
      expect(layers).toHaveLength(3);
      nodes.forEach((one) => expect(one.x + one.width / 2).toBeLessThanOrEqual(width));
    }
    expect(layoutNodes({ ...big, nHeads: 64 }, 280).width).toBeGreaterThan(64 * 24);
  });

  it("is walked by arrow keys", () => {
    const layout = layoutNodes(big, 900);
    const walk = (from: string | undefined, key: string) => walkNodes(layout, from, key);
    expect(walk(undefined, "ArrowDown")).toBe("logits");
    expect(walk("head 1.1", "ArrowRight")).toBe("head 1.2");
    expect(walk("head 1.3", "ArrowRight")).toBeUndefined();
    expect(walk("head 1.1", "ArrowUp")).toBe("mlp 1");
    expect(walk("mlp 0", "ArrowDown")).toBe("head 0.3");
    expect([walk("mlp 0", "Home"), walk("mlp 0", "End"), walk("mlp 0", "a")]).toEqual([
      ...["embed", "logits", undefined],
    ]);
  });

  it("ends shared keys and values in all their heads", () => {
    const edge = { from: { kind: "mlp", layer: 0 }, to: { kind: "k", layer: 1, head: 1 } } as const;
    expect(edgeName(edge, big)).toBe("MLP 0 → k of heads 1.2 to 1.3");
    expect(edgesAt("head 1.3", [edge], big).into).toEqual([edge]);
    expect(edgesAt("head 1.1", [edge], big).into).toEqual([]);
    const keys = nodeRows(big).flat().map(nodeKey);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe("requests", () => {
  it("are refused with what to do", () => {
    expect(ask({}, { donor: undefined })).toMatchObject({
      complaint: expect.stringContaining("another prompt") as string,
    });
    expect(ask({}, { donor: { text: "", tokens: [1] } })).toMatchObject({
      complaint: expect.stringContaining("1 tokens, this one 13") as string,
    });
    expect(ask({}, { donor: GIVEN.prompt })).toMatchObject({
      complaint: expect.stringContaining("the same") as string,
    });
    expect(ask({ metric: "kl", gradientAt: "prompt" })).toMatchObject({
      complaint: expect.stringContaining("KL") as string,
    });
    expect(ask({ pathSteps: 0.5 })).toHaveProperty("complaint");
  });

  it("carry the settings; kept graphs fit the graph and cost more", () => {
    expect(request).toMatchObject({
      at: { kind: "path", steps: 8 },
      check: { largest: 8, random: 8, seed: 7 },
    });
    expect(ask({ checkLargest: 0, checkRandom: 0 })).not.toHaveProperty("check");
    const curve = curveRequest(request, { draws: 2, seed: 7 }, 60);
    expect(curve).toMatchObject({
      keep: [1, 2, 5, 10, 20, 50],
      randomGraphs: { draws: 2, seed: 7 },
      most: 0,
    });
    expect(curve).not.toHaveProperty("check");
    const graph = { nLayers: 4, nHeads: 4, nKvHeads: 4, hasMlps: true };
    expect(edgesCost(curve, graph).rows).toBeGreaterThan(3 * edgesCost(request, graph).rows);
  });

  it("cost at least what the engine then spends", () => {
    expect(
      edgesCost({ ...request, keep: [1, 2], randomGraphs: { draws: 2, seed: 7 } }, shape).tokens,
    ).toBeGreaterThanOrEqual(result.evaluatedTokens);
  });
});
