/** Edges: what each source writes adds up to the stream, estimates are slopes of path patches, kept graphs end where they must. */
import { beforeAll, describe, expect, it } from "vitest";
import type { EdgeAttributionRequest, EdgeAttributionResult } from "../../../protocol/gradients/attributions";
import { CancelToken, NEVER_CANCELLED } from "../../../protocol/cancel";
import { createCpuDevice } from "../../device/cpu";
import type { Device } from "../../device/device";
import { fileFromBytes } from "../../formats/bytes/source";
import { openModelFiles } from "../../formats/modelFiles";
import { run } from "../../interp/pass/runRows";
import { loadChanged, openFolder } from "../../models/golden.samples";
import { INDUCTION, inductionFiles } from "../../models/inductionModel.samples";
import { loadModel } from "../../models/loading/loadModel";
import type { Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { edgeAttribution } from "./edgeAttribution";
import { edgeGraph, sourcesOf } from "./edgeGraph";
import { edgeScores } from "./edgeScores";
import { KeptGraphRun } from "./keptGraph";
import { nodeOutputs } from "./nodeOutputs";
import { pathPatches } from "./pathPatches";

const CORRUPTED = [3, 1, 4, 1, 5, 9, 2, 6];
const CLEAN = [3, 1, 8, 7, 5, 9, 0, 6];
const READ = 6;
const named = (tokens: readonly number[]) => ({ text: "", tokens });

let device: Device;
let model: Model;
beforeAll(async () => {
  device = await createCpuDevice();
  model = randomGpt2(device);
});

const requestOf = (given: Partial<EdgeAttributionRequest> = {}): EdgeAttributionRequest => ({
  ...{ prompt: named(CORRUPTED), donor: named(CLEAN), position: READ, most: 1000 },
  ...{ metric: { kind: "logitDifference", target: 2, minus: 7 }, at: { kind: "prompt" } },
  ...given,
});
const ask = (given: Partial<EdgeAttributionRequest> = {}, on = model) =>
  edgeAttribution(on, requestOf(given), NEVER_CANCELLED);

/** What sources write in both prompts, up to the position that is read. */
async function both(on: Model) {
  const graph = edgeGraph(on);
  const [tokens, donor] = [CORRUPTED, CLEAN].map((all) => all.slice(0, READ + 1)) as [number[], number[]];
  const [here, there] = [await nodeOutputs(on, graph, tokens), await nodeOutputs(on, graph, donor)];
  const differences = new Map(
    graph.sources.map((source) => {
      const other = there.of.get(source)!;
      return [source, other.map((value, i) => value - here.of.get(source)![i]!)];
    }),
  );
  return { graph, tokens, here, there, differences };
}

/** Small, so that every kind of block is there: parallel, gated, rotary, grouped keys, without MLPs. */
const FOLDERS = ["llama", "gpt_neox", "gptj", "qwen3", "tl_attn_only", "tl_shortformer"];
const open = async (folder: string) =>
  folder === "random" ? model : loadChanged(await openFolder(folder), {});

describe("the graph", () => {
  it("has an edge from every writer to every reader behind it", async () => {
    const graph = edgeGraph(model);
    // Two layers of two heads and an MLP: 1 + 2 · 3 sources, 2 · (3 · 2 + 1) + 1 inputs.
    expect(graph.sources).toHaveLength(7);
    expect(graph.inputs).toHaveLength(15);
    const counts = graph.inputs.map((input) => sourcesOf(graph, input).length);
    expect(counts).toEqual([1, 1, 1, 1, 1, 1, 3, 4, 4, 4, 4, 4, 4, 6, 7]);
    expect((await ask()).edgeCount).toBe(counts.reduce((sum, one) => sum + one, 0));
    const parallel = edgeGraph(await open("gpt_neox"));
    const mlp = parallel.inputs.find(({ node }) => node.kind === "mlp")!;
    expect(sourcesOf(parallel, mlp)).toHaveLength(1);
  });

  it.each(["random", ...FOLDERS])(
    "%s: what sources write adds up to every stream, but for biases",
    async (folder) => {
      const other = await open(folder);
      const graph = edgeGraph(other);
      const [here, there] = [
        await nodeOutputs(other, graph, CORRUPTED),
        await nodeOutputs(other, graph, CLEAN),
      ];
      for (const input of graph.inputs) {
        const [a, b] = [here.streams.get(input.stream)!, there.streams.get(input.stream)!];
        const sum = new Float64Array(a.length);
        for (const source of sourcesOf(graph, input)) {
          here.of.get(source)!.forEach((value, i) => (sum[i]! += value - there.of.get(source)![i]!));
        }
        const most = Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
        expect(most).toBeGreaterThan(0.01);
        sum.forEach((value, i) => expect(Math.abs(value - (a[i]! - b[i]!))).toBeLessThan(1e-4 * (1 + most)));
      }
    },
  );
});

describe("an edge's estimate", () => {
  it.each(["random", ...FOLDERS])("%s: is the slope of its path patch", async (folder) => {
    const other = await open(folder);
    const { graph, tokens, differences } = await both(other);
    const terms = [
      { kind: "logit", row: 0, position: READ, target: 2 },
      { kind: "logit", row: 0, position: READ, target: 7, weight: -1 },
    ] as const;
    const points = [{ row: { tokens, interventions: [] }, terms }];
    const { estimates, alarms } = await edgeScores(
      other,
      graph,
      points,
      differences,
      NEVER_CANCELLED,
      () => {},
    );
    expect(alarms).toEqual([]);
    const edges = graph.inputs.flatMap((input) =>
      sourcesOf(graph, input).map((source) => ({ input, source })),
    );
    const h = 0.02;
    const ends = await Promise.all(
      [h, -h].map(async (share) => {
        const some = new Map(
          [...differences].map(([source, data]) => [source, data.map((value) => share * value)]),
        );
        const values: number[] = [];
        await pathPatches(other, tokens, edges, some, terms, NEVER_CANCELLED, (_, own) =>
          values.push(...own),
        );
        return values;
      }),
    );
    const slopes = edges.map((_, i) => (ends[0]![i]! - ends[1]![i]!) / (2 * h));
    const largest = Math.max(...slopes.map(Math.abs));
    expect(largest).toBeGreaterThan(1e-3);
    edges.forEach(({ input, source }, i) => {
      const estimate = estimates.get(input)!.get(source)!;
      expect(
        Math.abs(estimate - slopes[i]!) / largest,
        JSON.stringify([source.node, input.node]),
      ).toBeLessThan(0.01);
    });
  });

  it("goes with path patches under every metric, along the path", async () => {
    const metrics = [
      { kind: "logitDifference", target: 2, minus: 7 },
      { kind: "kl" },
      { kind: "probability", target: 4 },
    ] as const;
    for (const metric of metrics) {
      const { base, donor, edges, check } = await ask({
        ...{ metric, at: { kind: "path", steps: 5 } },
        check: { largest: 8, random: 8, seed: 2 },
      });
      expect(Math.abs(donor - base)).toBeGreaterThan(1e-3);
      expect(edges[0]!.estimate).not.toBe(0);
      expect(check!.largest.pearson).toBeGreaterThan(0.8);
      expect(check!.random.n).toBe(8);
    }
  });
});

describe("a kept graph", () => {
  it.each(["random", ...FOLDERS])(
    "%s: is the prompt with all edges and the donor with none",
    async (folder) => {
      const other = await open(folder);
      const { edgeCount } = await ask({}, other);
      const { base, donor, graphs } = await ask({ keep: [0, edgeCount] }, other);
      expect(Math.abs(base - donor)).toBeGreaterThan(1e-3);
      expect(graphs.map(({ kept }) => kept)).toEqual([0, edgeCount]);
      expect(graphs[0]!.metric).toBeCloseTo(donor, 3);
      expect(graphs[1]!.metric).toBeCloseTo(base, 3);
      expect(graphs[0]!.faithfulness).toBeCloseTo(0, 1);
      expect(graphs[1]!.faithfulness).toBeCloseTo(1, 1);
    },
  );

  it("without one edge is the path patch of that edge", async () => {
    // Edges that come after it carry what it changed, as in a path patch.
    const { graph, tokens, here, there, differences } = await both(model);
    const terms = [{ kind: "logProb", row: 0, position: READ, target: 4 }] as const;
    const edges = graph.inputs.flatMap((input) =>
      sourcesOf(graph, input).map((source) => ({ input, source })),
    );
    const exact: number[] = [];
    const take = (_: unknown, values: readonly number[]) => void exact.push(...values);
    await pathPatches(model, tokens, edges, differences, terms, NEVER_CANCELLED, take);
    const { scores } = await run(model, {
      rows: [{ tokens }],
      score: [{ row: 0, position: READ, target: 4 }],
    });
    const effects = exact.map((value) => Math.abs(value - scores[0]!));
    expect(effects.filter((effect) => effect > 1e-3).length).toBeGreaterThan(20);
    for (const [i, left] of edges.entries()) {
      const kept = new Map(
        graph.inputs.map((input) => [
          input,
          sourcesOf(graph, input).filter((source) => input !== left.input || source !== left.source),
        ]),
      );
      const work = new KeptGraphRun(model, graph, tokens, here, there, NEVER_CANCELLED, () => {});
      expect(await work.metric(kept, terms)).toBeCloseTo(exact[i]!, 4);
    }
  });
});

describe("the induction model", () => {
  const ONCE = [3, 9, 14, 0, 7, 11, 5, 2];
  const TOKENS = [...ONCE, ...ONCE.slice(0, 5)];
  const LAST = TOKENS.length - 1;

  it("keeps two edges: tokens to the induction head's values, and onwards to the logits", async () => {
    const files = await openModelFiles(inductionFiles().map(({ name, bytes }) => fileFromBytes(name, bytes)));
    const known = (await loadModel(device, files, "f32", NEVER_CANCELLED)).model;
    const { edges, check, base, donor, graphs, randomGraphs } = await ask(
      {
        prompt: named(TOKENS),
        donor: named(TOKENS.map((token, i) => (i === 5 ? 13 : token))),
        ...{ position: LAST, metric: { kind: "logitDifference", target: ONCE[5]!, minus: 13 } },
        ...{ check: { largest: 2, random: 20, seed: 1 }, keep: [2] },
        randomGraphs: { draws: 3, seed: 4 },
      },
      known,
    );
    const head = INDUCTION.induction;
    const found = edges.filter(({ estimate }) => Math.abs(estimate) > 1e-3);
    expect(found.map(({ from, to }) => [from, to])).toEqual(
      expect.arrayContaining([
        [{ kind: "embed" }, { kind: "v", layer: 1, head }],
        [{ kind: "head", layer: 1, head }, { kind: "logits" }],
      ]),
    );
    expect(found).toHaveLength(2);
    expect(check!.all.relativeError).toBeLessThan(1e-4);
    // Each edge carries the whole difference; what is not changed by either is as in both prompts.
    found.forEach(({ estimate }) => expect(estimate).toBeCloseTo(donor - base, 3));
    expect(graphs[0]!.faithfulness).toBeCloseTo(1, 4);
    // Two edges that are drawn carry nothing of it.
    expect(randomGraphs).toHaveLength(3);
    randomGraphs.forEach(({ kept, faithfulness }) => {
      expect(kept).toBe(2);
      expect(faithfulness).toBeCloseTo(0, 4);
    });
  });
});

it("passes on gradients that are nothing but zeros", async () => {
  const { alarms, edges } = await ask({ metric: { kind: "logitDifference", target: 2, minus: 2 } });
  expect(alarms.map(({ kind, at }) => [kind, at])).toContainEqual(["allZero", "prompt"]);
  // Every site that an input makes: q, k, v and what the MLP writes of two layers, and the last stream.
  expect(alarms).toHaveLength(9);
  edges.forEach(({ estimate }) => expect(Math.abs(estimate)).toBe(0));
  // Equal prompts: differences are zero, gradients are not.
  const same = await ask({ donor: named(CORRUPTED) });
  expect(same.alarms).toEqual([]);
  same.edges.forEach(({ estimate }) => expect(estimate).toBeCloseTo(0, 10));
});

it("has the metric of both prompts, and edges by size", async () => {
  const { base, donor, edges } = await ask({ most: 5, metric: { kind: "logProb", target: 4 } });
  const { scores } = await run(model, {
    rows: [CORRUPTED, CLEAN].map((tokens) => ({ tokens })),
    score: [0, 1].map((row) => ({ row, position: READ, target: 4 })),
  });
  expect([base, donor]).toEqual([...scores]);
  const sizes = edges.map(({ estimate }) => Math.abs(estimate));
  expect(sizes).toHaveLength(5);
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
});

it("counts what it does, and keeps what is done when it is cancelled", async () => {
  const check = { largest: 3, random: 3, seed: 1 };
  const whole = await ask({ keep: [4], at: { kind: "path", steps: 3 }, check });
  expect(whole.total).toBe(3 * 3 + 2 + whole.check!.edges.length);
  expect(whole.done).toBe(whole.total);
  const token = new CancelToken();
  const partials: EdgeAttributionResult[] = [];
  const keep = Array.from({ length: 44 }, (_, i) => i);
  const work = edgeAttribution(model, requestOf({ keep }), token, (partial) => {
    partials.push(partial);
    if (partial.graphs.length > 1) token.cancel();
  });
  await expect(work).rejects.toThrow("Cancelled");
  const kept = partials.at(-1)!;
  expect(kept.graphs.length).toBeGreaterThan(1);
  expect(kept.done).toBeLessThan(kept.total);
  expect(kept.edges.length).toBeGreaterThan(0);
});

it("refuses what it cannot do", async () => {
  await expect(ask({ metric: { kind: "kl" } })).rejects.toThrow(/its gradient there is 0/);
  await expect(ask({ donor: named([1, 2]) })).rejects.toThrow(/8 tokens, the other 2/);
  await expect(ask({ metric: { kind: "logProb", target: 13 } })).rejects.toThrow(/token 13/);
  await expect(ask({}, await open("gemma2"))).rejects.toThrow(/norm stands between/);
  await expect(ask({}, await open("opt_after"))).rejects.toThrow(/In this model/);
});
