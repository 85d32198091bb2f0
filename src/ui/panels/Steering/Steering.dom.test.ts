/** The panel: what it asks by itself, what a cell, the slider and the buttons do, what files and typed pairs do. */
import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, expect, it, vi } from "vitest";
import type { EngineApi, GenerateRequest } from "../../../protocol/api";
import type {
  LayerDirections,
  SteeringEffectRequest,
  SteeringEffectResult,
  SteeringFile,
  SteeringVectorsRequest,
  SteeringVectorsResult,
} from "../../../protocol/steering";
import { createTestEngine, TEST_MODEL, type TestEngine } from "../../state/testEngine";
import { startTestSession, type TestSession } from "../../state/testSession";
import type { ViewSettings } from "../../state/views.svelte";
import Steering from "./Steering.svelte";

const { dModel } = TEST_MODEL;
let made: SteeringVectorsRequest[];
let measured: SteeringEffectRequest[];
let written: GenerateRequest[];
let engine: TestEngine;
let test: TestSession;

const told = { accuracy: 1, interval: [0.8, 1] as const, auc: 1, n: 12 };
const chance = { accuracy: 0.5, auc: 0.5, highestAccuracy: 1, draws: 20 };
const layerOf = (layer: number): LayerDirections => ({
  ...{ layer, norm: 5, activationNorm: 50, explained: 0.9, residual: 0, cosine: 1, shuffledNorm: 1 },
  meanDifference: new Float32Array(dModel).fill(5 / Math.sqrt(dModel)),
  component: new Float32Array(dModel).fill(1 / Math.sqrt(dModel)),
  separation: { meanDifference: told, component: told },
  shuffled: { meanDifference: chance, component: chance },
});

function directions({ pairs, site }: SteeringVectorsRequest): SteeringVectorsResult {
  const all = [...pairs.keys()];
  return {
    ...{ site, layers: [0, 1, 2, 3].map(layerOf), train: all.slice(2), test: all.slice(0, 2) },
    ...{ evaluatedTokens: 10, done: 10, total: 10, elapsedMs: 1 },
  };
}

/** Layer 1 moves the metric, the others do not. */
function effect(request: SteeringEffectRequest): SteeringEffectResult {
  const { strengths, prompts } = request;
  const layers = request.directions.map(({ layer }) => layer);
  const cells = (of: (layer: number, strength: number) => number) =>
    Float32Array.from(layers.flatMap((layer) => strengths.map((strength) => of(layer, strength))));
  const flat = cells(() => -15);
  return {
    ...{ layers, strengths, values: cells((layer, s) => (layer === 1 ? -15 + 20 * s : -15)) },
    ...{ errors: cells(() => 0.5), control: flat, controlLowest: flat, controlHighest: flat },
    ...{ base: -15, baseError: 0.5, promptsDone: prompts.length, prompts: prompts.length },
    ...{ evaluatedTokens: 100, elapsedMs: 1 },
  };
}

async function open(settings: ViewSettings = {}, given: Partial<EngineApi> = {}) {
  Object.assign(engine, {
    async steeringVectors(request: SteeringVectorsRequest) {
      made.push(request);
      return directions(request);
    },
    async steeringEffect(request: SteeringEffectRequest) {
      measured.push(request);
      return effect(request);
    },
    async generate(request: GenerateRequest) {
      written.push(request);
      return { tokens: request.edits ? [5, 6] : [5, 7], stoppedBy: "length", elapsedMs: 1 };
    },
    ...given,
  } as unknown as Partial<EngineApi>);
  test = await startTestSession(engine);
  test.session.views.set({ Steering: settings });
  render(Steering, { context: test.context });
}

const figure = (name: RegExp) => vi.waitFor(() => screen.getByRole("region", { name }));
const settled = () => vi.waitFor(() => expect(measured.length).toBeGreaterThan(0));

beforeEach(() => {
  [made, measured, written] = [[], [], []];
  engine = createTestEngine();
});

it("makes directions of the generated language by itself and measures them on held-out stories", async () => {
  await open();
  const table = await figure(/^Direction of each layer: mean difference/);
  expect(made).toHaveLength(1);
  expect(made[0]).toMatchObject({ site: "resid_post", over: "last", centring: "none", shuffles: 20 });
  expect(made[0]!.pairs).toHaveLength(48);
  expect(table.textContent).toContain("12 of 12 (80 % to 100 %)");
  await figure(/, mean difference added/);
  await figure(/, random directions added/);
  expect(measured).toHaveLength(1);
  const [asked] = measured;
  expect(asked!.prompts).toHaveLength(2);
  expect(asked!.metric.kind).toBe("logitDifference");
  expect(asked!.at).toBe("all");
  await vi.waitFor(() => expect(screen.getByText(/strength \+1: 5.00 ± 0.50/)).toBeTruthy());
});

it("writes with the strongest layer's direction and without, and again at another strength", async () => {
  await open();
  await settled();
  await vi.waitFor(() => expect(written.some(({ edits }) => edits?.length === 1)).toBe(true));
  await vi.waitFor(() =>
    expect(written.at(-1)!.edits?.[0]).toMatchObject({ kind: "add", layers: [1], coefficient: 1 }),
  );
  const slider = screen.getByRole("slider", { name: /strength/ });
  await fireEvent.change(slider, { target: { value: "-2" } });
  await vi.waitFor(() => expect(written.at(-1)!.edits?.[0]).toMatchObject({ coefficient: -2 }));
  expect(await screen.findByText("The texts differ from token 2 on.")).toBeTruthy();
  const seeds = new Set(written.map(({ seed, temperature }) => `${seed} ${temperature}`));
  expect(seeds.size).toBe(1);
});

it("makes the direction an edit by one click, which the slider then moves; it is no part of the baseline", async () => {
  await open();
  await settled();
  const { edits } = test.session;
  await fireEvent.click(await screen.findByRole("button", { name: "Add as an edit" }));
  expect(edits.all).toHaveLength(1);
  expect(edits.all[0]).toMatchObject({ kind: "add", site: "resid_post", layers: [1], coefficient: 1 });
  await fireEvent.change(screen.getByRole("slider", { name: /strength/ }), { target: { value: "2" } });
  expect(edits.all[0]).toMatchObject({ coefficient: 2 });
  await vi.waitFor(() => expect(written.at(-1)!.edits).toHaveLength(1));
  expect(written.filter(({ edits: under }) => (under ?? []).length > 1)).toEqual([]);
  await fireEvent.click(screen.getByRole("button", { name: "Remove the edit" }));
  expect(edits.all).toEqual([]);
});

it("takes typed pairs, and says which line is none", async () => {
  await open({ source: "own", pairs: "up | down\nleft | right\nbig | small" });
  await vi.waitFor(() => expect(made).toHaveLength(1));
  expect(made[0]!.pairs.map(({ positive }) => positive.text)).toEqual(["up", "left", "big"]);
  const field = screen.getByRole("textbox", { name: /pairs, one on a line/ });
  await fireEvent.change(field, { target: { value: "up | down\nleft" } });
  expect(await screen.findByText(/^line 2: write the positive prompt/)).toBeTruthy();
});

it("uses a dropped file's directions, and refuses one of another width by field and cure", async () => {
  const file: SteeringFile = {
    ...{ name: "v.gguf", format: "gguf", site: "resid_post", metadata: {}, modelHint: "gpt2" },
    directions: [{ layer: 2, field: "direction.2", values: new Float32Array(dModel).fill(1) }],
  };
  await open();
  await settled();
  Object.assign(test.session.directions, { file, isNew: true });
  const table = await figure(/^Directions of the file/);
  expect(within(table).getByText("direction.2")).toBeTruthy();
  await vi.waitFor(() => expect(measured.at(-1)!.directions).toHaveLength(1));
  // It has no held-out pairs: the page's prompt is measured.
  expect(measured.at(-1)!.prompts).toHaveLength(1);
  test.session.directions.file = {
    ...file,
    directions: [{ layer: 2, field: "direction.2", values: new Float32Array(3) }],
  };
  expect(await screen.findByText(/v\.gguf: direction\.2 has 3 numbers; .* Open the model/)).toBeTruthy();
});

it("waits for a click where the pairs are many for the model", async () => {
  engine.next = { ...TEST_MODEL, parameters: 1e11 };
  await open();
  expect(made).toEqual([]);
  await fireEvent.click(await screen.findByRole("button", { name: "Make directions" }));
  await vi.waitFor(() => expect(made).toHaveLength(1));
  expect(await screen.findByRole("button", { name: "Measure" })).toBeTruthy();
  expect(measured).toEqual([]);
});
