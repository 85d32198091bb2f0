/** The panel: what it asks by itself and what by a button, what it lists, refuses and warns of, the edit of a head. */
import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, expect, it, vi } from "vitest";
import type { EngineApi } from "../../../protocol/api";
import type { EdgeAttributionRequest, EdgeAttributionResult } from "../../../protocol/gradients/attributions";
import { agreement } from "../../../statistics/agreement";
import { createTestEngine, TEST_MODEL, type TestEngine } from "../../state/testEngine";
import { startTestSession, type TestSession } from "../../state/testSession";
import type { ViewSettings } from "../../state/views.svelte";
import Edges from "./Edges.svelte";

let asked: EdgeAttributionRequest[];
let engine: TestEngine;
let test: TestSession;
let differs: Partial<EdgeAttributionResult>;
/** Exact effects of the three edges. */
let exact: number[];

const EDGES: EdgeAttributionResult["edges"] = [
  { from: { kind: "embed" }, to: { kind: "v", layer: 1, head: 2 }, estimate: 3 },
  { from: { kind: "head", layer: 1, head: 2 }, to: { kind: "logits" }, estimate: -2 },
  { from: { kind: "mlp", layer: 0 }, to: { kind: "mlp", layer: 3 }, estimate: 1 },
];

function answer({ at, keep = [], randomGraphs, check, most }: EdgeAttributionRequest): EdgeAttributionResult {
  const all = agreement(
    EDGES.map(({ estimate }) => estimate),
    exact,
  );
  const edges = EDGES.map((edge, i) => ({
    ...edge,
    exact: exact[i] ?? NaN,
    isLargest: i < 1,
    isRandom: true,
  }));
  return {
    ...{ at, base: -1, donor: 4, edges: EDGES.slice(0, most), edgeCount: 12, alarms: [] },
    graphs: keep.map((kept) => ({ kept, metric: 3, faithfulness: kept / 10 })),
    randomGraphs: keep.flatMap((kept) =>
      Array.from({ length: randomGraphs?.draws ?? 0 }, () => ({ kept, metric: 4, faithfulness: 0 })),
    ),
    ...(check && { check: { edges, largest: all, random: all, all } }),
    ...{ done: 5, total: 5, evaluatedTokens: 400, elapsedMs: 5 },
    ...differs,
  };
}

async function open(given: Partial<EngineApi> = {}, settings: ViewSettings = {}) {
  const info = (id: number) => ({ ids: Uint32Array.of(id), logProbs: Float32Array.of(0) });
  Object.assign(engine, {
    run: async ({ top }: { top: readonly unknown[] }) => ({ top: top.map((_, i) => info(5 + i)) }),
    compare: async () => ({
      base: [{ top: { ids: Uint32Array.of(5, 6), logProbs: Float32Array.of(0, -1) } }],
      other: [{ top: { ids: Uint32Array.of(7, 5), logProbs: Float32Array.of(0, -1) } }],
    }),
    async edgeAttribution(request: EdgeAttributionRequest) {
      asked.push(request);
      return answer(request);
    },
    ...given,
  } as unknown as Partial<EngineApi>);
  test = await startTestSession(engine);
  test.session.views.set({ Edges: settings });
  render(Edges, { context: test.context });
}

const panel = () => screen.getByRole("region", { name: "Edges" });
const figure = (name: RegExp) => vi.waitFor(() => screen.getByRole("region", { name }));
const STRONGEST = /^The 3 strongest of 12 edges, to first order/;
const drawing = async () =>
  within(await figure(STRONGEST)).getByRole("application", { name: /Arrow keys walk 22 nodes/ });

beforeEach(() => {
  vi.stubGlobal("fetch", async () => Response.json([]));
  engine = createTestEngine();
  [asked, differs, exact] = [[], {}, [3.1, -2, 0.9]];
});

it("asks by itself for cheap edges, then for kept graphs, and says base, donor, seed and gradient point", async () => {
  await open();
  await figure(STRONGEST);
  const { session } = test;
  expect(asked[0]).toMatchObject({
    prompt: { tokens: session.tokens.map(({ id }) => id) },
    ...{ position: session.position, metric: { kind: "logitDifference", target: 7, minus: 5 } },
    ...{ at: { kind: "path", steps: 8 }, check: { largest: 8, random: 8, seed: 7 } },
  });
  expect(asked[0]!.donor.tokens).not.toEqual(asked[0]!.prompt.tokens);
  await figure(/^Kept graphs/);
  expect(asked).toHaveLength(2);
  expect(asked[1]).toMatchObject({ keep: [1, 2, 5, 10], randomGraphs: { draws: 2, seed: 7 } });
  expect(panel().textContent).toMatch(/is −1\.000 in this prompt \(faithfulness 1\) and 4\.000 in the other/);
  expect(panel().textContent).toMatch(
    /The 10 strongest of 12 edges .* keep 1\.000 .*2 graphs of 10 edges drawn by seed 7 keep 0\.000/,
  );
  expect(panel().textContent).toContain("gradient taken along the path to the other prompt, mean of 8 steps");
  expect(panel().textContent).toContain("Edges drawn by seed 7: n = 3");
  expect(panel().textContent).not.toContain("far from the truth");
});

it("walks nodes by keys, lists their edges, and sets a head to zero without asking again", async () => {
  await open();
  const widget = await drawing();
  await figure(/^Kept graphs/);
  await fireEvent.keyDown(widget, { key: "End" });
  expect(screen.getByRole("list", { name: "Into logits" }).textContent).toMatch(
    /head 1\.2 → logits: −2\.000 logits to first order, exact −2\.000/,
  );
  await fireEvent.click(widget.querySelector("[data-node='head 1.2']")!);
  expect(screen.getByRole("list", { name: "Into head 1.2" }).textContent).toContain(
    "embeddings → v of head 1.2",
  );
  expect(screen.getByRole("list", { name: "Out of head 1.2" }).children).toHaveLength(1);
  await fireEvent.click(screen.getByRole("button", { name: "Zero head 1.2" }));
  const { session } = test;
  expect(session.edits.active).toMatchObject([{ kind: "zero", site: "attn.z", layers: [1], heads: [2] }]);
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "head 1.2: zeroed" }).disabled).toBe(true);
  // Edges are the model's own.
  expect(asked).toHaveLength(2);
  expect(session.views.toJson()["Edges"]).toMatchObject({ node: "head 1.2" });
  await fireEvent.keyDown(widget, { key: "Escape" });
  expect(panel().textContent).toContain("Choose a node to list its edges");
});

it("takes what a link brings, and draws fewer edges without asking", async () => {
  const many = Array.from({ length: 12 }, (_, i) => ({ ...EDGES[0]!, estimate: 12 - i }));
  differs = { edges: many };
  await open({}, { drawn: 10, gradientAt: "donor", metric: "logProb", seed: 3, node: "head 1.2" });
  const frame = await figure(/^The 10 strongest of 12/);
  expect(asked[0]).toMatchObject({
    at: { kind: "donor" },
    metric: { kind: "logProb", target: 7 },
    check: { seed: 3 },
  });
  await figure(/^Kept graphs/);
  await fireEvent.input(within(frame).getByLabelText(/^edges drawn/), { target: { value: "5" } });
  await figure(/^The 5 strongest of 12/);
  expect(asked).toHaveLength(2);
});

it("says where the estimates are far from the truth, and never shows zeros as edges", async () => {
  exact = [12, -9, 5];
  await open();
  await figure(STRONGEST);
  expect(panel().textContent).toMatch(/First order is far from the truth here: .* by 7\d %/);
  differs = {
    edges: EDGES.map((edge) => ({ ...edge, estimate: 0 })),
    alarms: [{ kind: "allZero", site: "resid_final" as never, at: "path" }],
  };
  await fireEvent.change(screen.getByLabelText("measure"), { target: { value: "probability" } });
  await vi.waitFor(() => expect(screen.getByRole("alert").textContent).toContain("no edge is shown"));
  expect(screen.queryByRole("region", { name: /strongest of/ })).toBeNull();
});

it("asks a large model by a button, and keeps what is there when cancelled", async () => {
  engine.next = { ...TEST_MODEL, parameters: 1e12 };
  let cancelled = false;
  await open({
    edgeAttribution: (request, _, onProgress) =>
      new Promise(() => {
        asked.push(request);
        onProgress?.({ ...answer(request), done: 2 });
      }),
    cancel: async () => void (cancelled = true),
  });
  const button = await vi.waitFor(() => screen.getByRole("button", { name: "Estimate edges" }));
  expect(asked).toHaveLength(0);
  expect(panel().textContent).toMatch(/at most about [\d,]+ rows/);
  await fireEvent.click(button);
  await figure(STRONGEST);
  expect(panel().textContent).toContain("2 of 5 walks and checks");
  await fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(cancelled).toBe(true);
  await vi.waitFor(() => screen.getByRole("button", { name: "Estimate edges" }));
  await figure(STRONGEST);
});

it("says what is wrong with another prompt, and offers an example where there is no prompt", async () => {
  await open({}, { other: "too short" });
  await vi.waitFor(() => expect(panel().textContent).toMatch(/edges by position need equal lengths/));
  expect(asked).toHaveLength(0);
  test.session.clear();
  await test.session.refreshTokens();
  const example = await vi.waitFor(() => screen.getByRole("button", { name: "Take “Two steps”" }));
  await fireEvent.click(example);
  await vi.waitFor(() => screen.getByLabelText(/^Other prompt/));
});
