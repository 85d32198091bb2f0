/** The panel with a Jacobian lens: asked for, fitted, shown beside the logit lens, judged, and what a link says of it. */
import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, expect, it, vi } from "vitest";
import type { LensRequest } from "../../../protocol/analysis";
import type { EngineApi } from "../../../protocol/api";
import {
  LENS_READINGS,
  type LensFitRequest,
  type LensInfo,
  type LensQualityRequest,
} from "../../../protocol/gradients/lenses";
import { createTestEngine, TEST_MODEL, type TestEngine } from "../../state/testEngine";
import { startTestSession, type TestSession } from "../../state/testSession";
import type { ViewSettings } from "../../state/views.svelte";
import Lens from "./Lens.svelte";

let engine: TestEngine;
let test: TestSession;
let held: LensInfo[];
const asked: { lens: LensRequest[]; fit: LensFitRequest[]; quality: LensQualityRequest[] } = {
  ...{ lens: [], fit: [], quality: [] },
};

const INFO: LensInfo = {
  ...{ id: 7, name: "2 ledger problems from seed 0", source: "fit", layers: [0], dModel: 96, texts: 2 },
  ...{
    allTexts: 2,
    shortTexts: 0,
    elapsedMs: 1200,
    environment: { skipFirst: 16, positions: 90 },
    notes: [],
  },
};

/** The rank of every target is 40 by the logit lens and 4 through a lens; at the output 0. */
function read({ positions, targets, lens }: LensRequest) {
  const sites = [
    ...(lens === undefined ? ["blocks.0.resid_pre"] : []),
    ...["blocks.0.resid_post", "blocks.1.resid_post"],
  ];
  return {
    ...{ sites, positions },
    cells: sites.map((site) =>
      positions.map(() => ({
        top: { ids: Uint32Array.of(2, 3), logProbs: Float32Array.of(-0.5, -2) },
        entropy: 1,
        targets: targets.map(() => {
          const isLast = site === "blocks.1.resid_post";
          return { logProb: -1, rank: isLast ? 0 : lens === undefined ? 40 : 4 };
        }),
      })),
    ),
  };
}

async function open(settings: ViewSettings = {}) {
  Object.assign(engine, {
    run: async () => ({ top: [{ ids: Uint32Array.of(5), logProbs: Float32Array.of(0) }] }),
    attribution: async () => ({ parts: [], heads: [], logit: 0, residual: 0, norm: "no norm" }),
    async logitLens(request: LensRequest) {
      asked.lens.push(request);
      return read(request);
    },
    lenses: async () => held,
    async fitJacobianLens(request: LensFitRequest) {
      asked.fit.push(request);
      held = [INFO];
      return INFO;
    },
    async lensQuality(request: LensQualityRequest) {
      asked.quality.push(request);
      const mean = (value: number) => ({ mean: value, low: value - 0.25, high: value + 0.25 });
      return {
        rows: LENS_READINGS.map((reading, r) => ({
          ...{ layer: 0, reading, kl: mean([1, 3, 8][r] ?? 0) },
          ...{ agreesWithModel: mean(0.5), agreesWithNext: mean(0.5) },
        })),
        ...{ texts: 20, allTexts: 20, positions: 1500, alsoFitted: 0 },
      };
    },
  } as unknown as Partial<EngineApi>);
  test = await startTestSession(engine);
  test.session.views.set({ Lens: settings });
  render(Lens, { context: test.context });
}
const panel = () => screen.getByRole("region", { name: "Lens" });

beforeEach(() => {
  vi.stubGlobal("fetch", async () => Response.json([]));
  engine = createTestEngine();
  engine.next = { ...TEST_MODEL, nLayers: 2, bosId: 0 };
  held = [];
  Object.assign(asked, { lens: [], fit: [], quality: [] });
});

it("opens with the logit lens, and asks nothing of another", async () => {
  await open();
  await vi.waitFor(() => screen.getByRole("region", { name: /^After each layer/ }));
  expect(asked.lens.every(({ lens }) => lens === undefined)).toBe(true);
  expect(screen.queryByRole("region", { name: "Jacobian lenses" })).toBeNull();
});

it("fits a lens, shows it beside the logit lens, and judges it on other texts", async () => {
  await open({ reading: "jacobian", problems: 2, judgeProblems: 3 });
  await vi.waitFor(() => screen.getByText(/^No lens yet\./));
  expect(asked.lens).toEqual([]);
  await fireEvent.click(screen.getByRole("button", { name: "Fit the lens" }));
  await vi.waitFor(() => screen.getByRole("region", { name: /^Rank of .* by both lenses/ }));
  expect(asked.fit[0]).toMatchObject({ name: "2 ledger problems from seed 0", before: [0], skipFirst: 16 });
  expect(asked.fit[0]?.contexts.length).toBeGreaterThanOrEqual(2);
  expect(asked.lens.some(({ lens, positions }) => lens === 7 && positions.length > 1)).toBe(true);
  expect(panel().textContent).toContain("mean over 2 texts, 90 positions");
  expect(screen.getByRole("region", { name: /^After each layer/ }).textContent).toContain(
    "Jacobian lens: 2 ledger",
  );
  const tracks = screen.getByRole("region", { name: /^Rank of/ });
  await fireEvent.click(within(tracks).getByRole("button", { name: "Table" }));
  const cells = within(tracks).getAllByRole("row")[1]!.textContent;
  expect(cells).toMatch(/blocks\.0\.resid_post\s*4\s*40/);

  await fireEvent.click(screen.getByRole("button", { name: "Judge on these texts" }));
  await vi.waitFor(() => screen.getByText(/n = 20 texts, 1,500 positions; none of them in the fit\.$/));
  expect(asked.quality[0]).toMatchObject({ lens: 7, before: [0], skipFirst: 16, seed: 50_000 });
  const row = screen.getByRole("row", { name: /^0 1\.000/ });
  expect(row.textContent).toMatch(/1\.000 \[0\.750, 1\.250\].*3\.000 \[2\.750, 3\.250\].*8\.000/s);
});

it("says which file a link's lens came from, and shows the notes of one that was opened", async () => {
  await open({ reading: "jacobian", lensFile: "mine.safetensors" });
  await vi.waitFor(() =>
    screen.getByText(/read through the lens in mine\.safetensors: open that file, or fit one/),
  );
  held = [{ ...INFO, source: "file", name: "mine.safetensors", notes: ["It was fitted on other weights."] }];
  Object.assign(engine, { openLenses: async () => held });
  await test.session.lenses.open([new File([], "mine.safetensors")]);
  await vi.waitFor(() => screen.getByText("It was fitted on other weights."));
  expect(test.session.views.toJson()["Lens"]).toMatchObject({
    reading: "jacobian",
    lensFile: "mine.safetensors",
  });
});
