/** The panel: computing, choosing, pinning, grouping, naming, the check, files that are opened, what a link carries. */
import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, expect, it, vi } from "vitest";
import type { SaeInfo } from "../../../protocol/sae/features";
import type { AttributionGraphRequest, AttributionGraphResult } from "../../../protocol/gradients/graphs";
import { sampleJson, sampleResult } from "../../../client/graph/graphs.samples";
import { writeGraph } from "../../../client/graph/writeGraph";
import { createTestEngine, type TestEngine } from "../../state/testEngine";
import { startTestSession, type TestSession } from "../../state/testSession";
import type { ViewSettings } from "../../state/views.svelte";
import Graphs from "./Graphs.svelte";
import { dictionariesOf } from "./request";

const sae = (id: number, siteIn: string, siteOut: string) =>
  ({ id, name: `sae ${id}`, sha256: String(id).repeat(64), siteIn, siteOut, nLatents: 64 }) as SaeInfo;
const TRANSCODER = sae(4, "blocks.1.mlp_in", "blocks.1.mlp_out");
const STREAM = sae(5, "blocks.1.resid_post", "blocks.1.resid_post");

/** A part of a cross-layer transcoder of two layers. */
const part = (id: number, layer: number, writes: readonly string[]): SaeInfo => ({
  ...sae(id, `blocks.${layer}.resid_mid`, `blocks.${layer}.mlp_out`),
  writes,
});

it("takes a cross-layer transcoder whole, or not at all", () => {
  const parts = [part(6, 0, ["blocks.0.mlp_out", "blocks.1.mlp_out"]), part(7, 1, ["blocks.1.mlp_out"])];
  const ids = (saes: readonly SaeInfo[]) => dictionariesOf(saes, "transcoders").map(({ id }) => id);
  expect(ids([TRANSCODER, ...parts])).toEqual([4]);
  expect(ids([...parts, TRANSCODER, STREAM])).toEqual([6, 7]);
});

let asked: AttributionGraphRequest[];
let engine: TestEngine;
let test: TestSession;
let saes: SaeInfo[];

async function open(settings: ViewSettings = {}, given: object = {}) {
  Object.assign(engine, {
    saes: async () => saes,
    async attributionGraph(request: AttributionGraphRequest): Promise<AttributionGraphResult> {
      asked.push(request);
      return { ...sampleResult(), tokens: request.prompt.tokens };
    },
    ...given,
  });
  test = await startTestSession(engine);
  test.session.views.set({ Graphs: settings });
  render(Graphs, { context: test.context });
}

const panel = () => screen.getByRole("region", { name: "Graphs" });
const chosen = () => screen.getByRole("region", { name: "Chosen node" });
const button = (name: string | RegExp) => vi.waitFor(() => screen.getByRole("button", { name }));

beforeEach(() => {
  vi.stubGlobal("fetch", async () => Response.json([]));
  engine = createTestEngine();
  asked = [];
  saes = [TRANSCODER, STREAM];
});

it("computes by a button, with transcoders where they are, and opens with the prediction", async () => {
  await open();
  await fireEvent.click(await button("Compute the graph"));
  await vi.waitFor(() => within(chosen()).getByRole("heading", { name: /^Output/ }));
  const { session } = test;
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({
    ...{ position: session.answerAt, saes: [4], nodeThreshold: 0.8, check: { largest: 12, random: 12 } },
    prompt: { tokens: session.tokens.map(({ id }) => id) },
  });
  expect(asked[0]).not.toHaveProperty("targets");
  expect(panel().textContent).toContain("70 % of what reaches the prediction comes from the prompt's tokens");
  expect(panel().textContent).toContain("Before pruning: 20 nodes, 90 links");
  const inputs = within(chosen()).getByRole("list", { name: /^what acts on it/ });
  expect(within(inputs).getAllByRole("listitem")[0]?.textContent).toMatch(/latent 17 · 1, 1.*\+2\.000/s);
  // The check stands beside its scatter.
  expect(panel().textContent).toContain(
    "Latents drawn from the graph by seed 1: n = 1, too few for a correlation",
  );
  screen.getByRole("application", { name: /^Does the graph say what ablations do\? 2 latents/ });
  // Walking the inputs leads to the latent, whose edit is one click.
  await fireEvent.click(within(inputs).getAllByRole("button")[0]!);
  expect(chosen().textContent).toContain("activation 1.500");
});

it("pins, groups, names and undoes; a link carries it", async () => {
  await open({ asked: true });
  const drawing = await vi.waitFor(() => screen.getByRole("application", { name: /^Attribution graph/ }));
  await vi.waitFor(() => within(chosen()).getByRole("heading", { name: /^Output/ }));
  await fireEvent.keyDown(drawing, { key: "Enter" });
  await fireEvent.keyDown(drawing, { key: "ArrowDown" });
  await fireEvent.keyDown(drawing, { key: "Enter" });
  const marked = screen.getByRole("region", { name: "Pinned nodes and groups" });
  expect(within(marked).getAllByRole("checkbox")).toHaveLength(2);
  for (const box of within(marked).getAllByRole("checkbox")) await fireEvent.click(box);
  await fireEvent.input(within(marked).getByLabelText(/^group the ticked as/), { target: { value: "both" } });
  await fireEvent.click(within(marked).getByRole("button", { name: "Group" }));
  const saved = () => test.session.views.toJson()["Graphs"] as Record<string, string[]>;
  expect(saved()["groups"]?.[0]).toBe("=both");
  expect(saved()["groups"]).toHaveLength(3);
  await fireEvent.click(within(marked).getByRole("button", { name: "2 nodes" }));
  expect(within(chosen()).getByRole("heading", { name: "both" })).toBeTruthy();
  await fireEvent.click(within(marked).getByRole("button", { name: /^\[1\] Output/ }));
  await fireEvent.change(within(chosen()).getByLabelText("name"), { target: { value: "the answer" } });
  expect(within(chosen()).getByRole("heading", { name: "the answer" })).toBeTruthy();
  await fireEvent.click(within(marked).getByRole("button", { name: "Ungroup" }));
  expect(saved()["groups"]).toEqual([]);
  await fireEvent.click(within(marked).getByRole("button", { name: "Undo" }));
  expect(saved()["groups"]).toHaveLength(3);
  await fireEvent.click(within(marked).getAllByRole("button", { name: /^Unpin/ })[0]!);
  expect(saved()["pinned"]).toHaveLength(1);
});

it("sets a latent to zero at its position by one click, where the graph is of this text", async () => {
  const tokens = [0, 9];
  await open({ asked: true });
  await vi.waitFor(() => within(chosen()).getByRole("heading", { name: /^Output/ }));
  await fireEvent.click(within(chosen()).getAllByRole("button", { name: /^latent 17/ })[0]!);
  // The sample's token 9 is not the text's second one.
  expect(within(chosen()).queryByRole("button", { name: "Ablate here" })).toBeNull();
  test.session.showTokens(tokens.map((id) => ({ id, text: `${id}`, special: false })));
  await fireEvent.click(
    await vi.waitFor(() => within(chosen()).getByRole("button", { name: "Ablate here" })),
  );
  expect(test.session.edits.all).toMatchObject([
    { kind: "latent", op: "ablate", latents: [17], positions: [1], sae: { sha256: TRANSCODER.sha256 } },
  ]);
});

it("shows what its file wants shown, prunes by the slider, finds nodes, closes", async () => {
  await open();
  const { graphs } = test.session;
  await graphs.open([new File([JSON.stringify(sampleJson())], "two.json")]);
  // The file's threshold is 0.8, and one error lies beyond it.
  await vi.waitFor(() => expect(panel().textContent).toContain("6 of 7 nodes, 5 of 6 links"));
  expect(panel().textContent).toContain("81 % of what reaches the prediction");
  const slider = screen.getByRole("slider");
  await fireEvent.input(slider, { target: { value: "1" } });
  expect(panel().textContent).toContain("7 of 7 nodes");
  await fireEvent.input(screen.getByLabelText("find"), { target: { value: "numb" } });
  await fireEvent.click(screen.getByRole("button", { name: /^numbers latent 5 of layer 0/ }));
  expect(within(chosen()).getByRole("heading", { name: "numbers" })).toBeTruthy();
  await fireEvent.click(within(chosen()).getByRole("button", { name: "Pin" }));
  const { file, marking } = graphs.shown!;
  const written = JSON.parse(writeGraph(file, marking.marks)) as { qParams: { pinnedIds: string[] } };
  expect(written.qParams.pinnedIds).toEqual(["3_45_1", "0_5_1"]);
  // Marks of a file do not go with the prompt's graph into a link.
  expect(test.session.views.toJson()["Graphs"]?.["pinned"]).toEqual([]);
  await graphs.pick([new File(["{}"], "no.json")]);
  await vi.waitFor(() =>
    expect(screen.getByRole("alert").textContent).toContain("no.json has nothing as “nodes”"),
  );
  expect(graphs.list).toHaveLength(1);
  await fireEvent.click(screen.getByRole("button", { name: "Close file" }));
  await button("Compute the graph");
});

it("says what is missing without a dictionary, and asks a large model by the button alone", async () => {
  saes = [];
  await open({ asked: true });
  await vi.waitFor(() => expect(panel().textContent).toContain("No dictionary of this model is attached"));
  expect(asked).toHaveLength(0);
});

it("shows partial graphs, can be cancelled, and says so", async () => {
  let cancelled = false;
  await open(
    {},
    {
      attributionGraph: (
        request: AttributionGraphRequest,
        _: string,
        onProgress: (so: AttributionGraphResult) => void,
      ) =>
        new Promise(() => {
          asked.push(request);
          onProgress({ ...sampleResult(), tokens: request.prompt.tokens, done: 3, total: 9 });
        }),
      cancel: async () => void (cancelled = true),
    },
  );
  await fireEvent.click(await button("Compute the graph"));
  await vi.waitFor(() => expect(panel().textContent).toContain("3 of 9 walks back and ablations"));
  await vi.waitFor(() => within(chosen()).getByRole("heading", { name: /^Output/ }));
  await fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(cancelled).toBe(true);
  await vi.waitFor(() => expect(panel().textContent).toContain("stopped before its end: 3 of 9"));
});
