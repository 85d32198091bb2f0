/** First order in the panel: what it asks, what it says of its check, and that alarms are no result. */
import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, expect, it, vi } from "vitest";
import type {
  AttributionPatchingRequest,
  AttributionPatchingResult,
} from "../../../protocol/gradients/attributions";
import { agreement } from "../../../statistics/agreement";
import { startTestSession, type TestSession } from "../../state/testSession";
import { createTestEngine } from "../../state/testEngine";
import Patching from "./Patching.svelte";

const ESTIMATES = [1, 2, 3.5, 0.5];
const EXACT = [1.1, 1.8, 3, 0.6];
const BASE = 0.5;

let asked: AttributionPatchingRequest[];
let sweeps: number;
/** What the next answer differs in. */
let differs: Partial<AttributionPatchingResult>;
let started: TestSession;

/** A grid of 2 × 2: all cells run exactly, the first three drawn, the two largest. */
function answer({ at, check }: AttributionPatchingRequest): AttributionPatchingResult {
  const cells = ESTIMATES.map((estimate, index) => ({
    ...{ index, estimate, exact: EXACT[index] ?? NaN, isLargest: index === 1 || index === 2 },
    isRandom: index < 3,
  }));
  const of = (some: typeof cells) =>
    agreement(
      some.map(({ estimate }) => estimate - BASE),
      some.map(({ exact }) => exact - BASE),
    );
  return {
    ...{ order: "first", at, alarms: [], rowLabels: ["0", "1"], colLabels: ["0", "1"] },
    ...{ values: Float32Array.from(ESTIMATES), base: BASE, cellsDone: 4, cells: 4 },
    ...{ evaluatedTokens: 20, elapsedMs: 5 },
    ...(check && {
      check: {
        cells,
        largest: of(cells.filter(({ isLargest }) => isLargest)),
        random: of(cells.filter(({ isRandom }) => isRandom)),
        all: of(cells),
      },
    }),
    ...differs,
  };
}

beforeEach(async () => {
  [asked, sweeps, differs] = [[], 0, {}];
  const engine = createTestEngine();
  Object.assign(engine, {
    sweepCost: async () => ({ cells: 4, tokens: 40 }),
    sweep: async () => void sweeps++,
    attributionPatching: async (request: AttributionPatchingRequest) => {
      asked.push(request);
      return answer(request);
    },
  });
  vi.stubGlobal("fetch", async () => Response.json([]));
  started = await startTestSession(engine);
  // Zero needs no other prompt.
  started.session.views.set({ Patching: { axes: "head", change: "zero", order: "first" } });
});

async function runIt() {
  render(Patching, { context: started.context });
  await vi.waitFor(() =>
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Run the sweep" }).disabled).toBe(false),
  );
  await fireEvent.click(screen.getByRole("button", { name: "Run the sweep" }));
  await vi.waitFor(() => expect(asked).toHaveLength(1));
}

const figures = () => screen.queryAllByRole("heading", { level: 3 }).map(({ textContent }) => textContent);

it("asks for gradients in the prompt and a check by the panel's seed, and says how far off it was", async () => {
  await runIt();
  expect(sweeps).toBe(0);
  expect(asked[0]).toMatchObject({
    ...{ axes: { kind: "layerHead", site: "attn.z" }, change: { kind: "zero" } },
    ...{ at: { kind: "prompt" }, check: { largest: 8, random: 8, seed: 7 } },
  });
  const sentence = await screen.findByText(/^Cells drawn by seed 7/);
  // As the engine said: of the changes 0.5, 1.5, 3 against 0.6, 1.3, 2.5.
  const drawn = agreement([0.5, 1.5, 3], [0.6, 1.3, 2.5]);
  expect(sentence.textContent).toBe(
    `Cells drawn by seed 7: n = 3, Pearson r ${drawn.pearson.toFixed(3)}, Spearman ρ 1.000, relative error ${(100 * drawn.relativeError).toFixed(0)} % (mean |error| ${drawn.meanError.toFixed(3)} logits).`,
  );
  // Two points always lie on a line.
  expect(screen.getByText(/^Cells with the largest estimates/).textContent).toMatch(
    /n = 2, too few for a correlation, relative error \d+ % \(mean \|error\| [\d.]+ logits\)\.$/,
  );
  expect(screen.getByText(/^Only the drawn cells speak for the whole grid/)).toBeTruthy();
  const [heatmap, check] = figures();
  expect(heatmap).toMatch(/first order \(gradient in this prompt\)$/);
  expect(check).toMatch(/^First order against exact: the 4 cells that were run/);
  expect(screen.getAllByText(/first order: metric without .* gradient taken in this prompt/)).toHaveLength(2);
  expect(screen.getByText(/last run: 4 cells to first order, 4 run exactly/)).toBeTruthy();
  // A program that computes the same.
  expect(screen.getByRole("button", { name: "TransformerLens" })).toBeTruthy();
});

it("has a table of each cell that was run, and points that arrow keys walk", async () => {
  await runIt();
  await screen.findByText(/^Cells drawn by seed 7/);
  const frame = screen.getByRole("region", { name: /^First order against exact/ });
  const plot = within(frame).getByRole("application");
  await fireEvent.keyDown(plot, { key: "End" });
  expect(within(frame).getByText(/^layer 1, head 0 · exact change/).textContent).toMatch(
    /2\.500 · .* 3\.000$/,
  );
  await fireEvent.click(within(frame).getByRole("button", { name: "Table" }));
  const rows = within(frame).getAllByRole("row").slice(1);
  expect(rows.map((row) => row.lastElementChild?.textContent)).toEqual([
    ...["drawn", "drawn, largest", "drawn, largest", ""],
  ]);
});

it("says that nothing was checked where the check is off", async () => {
  started.session.views.set({
    Patching: { axes: "head", change: "zero", order: "first", checkLargest: 0, checkRandom: 0 },
  });
  await runIt();
  expect(asked[0]).not.toHaveProperty("check");
  expect(await screen.findByText(/^First order was not checked/)).toBeTruthy();
  expect(figures()).toHaveLength(1);
  expect(screen.queryByText(/Pearson/)).toBeNull();
});

it("shows gradients that say nothing as a problem, and no figure", async () => {
  differs = { alarms: [{ kind: "allZero", site: "blocks.1.attn.z", at: "prompt" }] };
  await runIt();
  const problem = await screen.findByRole("alert");
  expect(problem.textContent).toMatch(/taken in this prompt is zero everywhere at blocks\.1\.attn\.z\./);
  expect(figures()).toEqual([]);
  expect(screen.queryByText(/Pearson|not checked/)).toBeNull();
});

it("follows what is chosen, and refuses gradients where there is no other prompt", async () => {
  render(Patching, { context: started.context });
  await fireEvent.change(screen.getByLabelText("gradient"), { target: { value: "path" } });
  expect(await screen.findByText(/^This change takes its values from no other prompt/)).toBeTruthy();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Run the sweep" }).disabled).toBe(true);
  expect(screen.getByRole("spinbutton", { name: "steps" })).toBeTruthy();
  expect(started.session.views.toJson().Patching).toMatchObject({ order: "first", gradientAt: "path" });
});
