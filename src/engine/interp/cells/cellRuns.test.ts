/**
 * Cells that begin at the block that they change are, bit for bit, the same cells run whole: in the same batches, because a
 * batch that changes a pattern computes all its rows by kernels that round otherwise.
 */
import { expect, it } from "vitest";
import type { Metric, SweepAxes, SweepChange } from "../../../protocol/analysis";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Edit, EditedPrompt } from "../../../protocol/interventions";
import { siteLayer } from "../../../protocol/sites";
import { createCpuDevice } from "../../device/cpu";
import { counted } from "../../device/countedDevice";
import { GOLDEN_RUNS, loadChanged, openFolder, readGolden } from "../../models/golden.samples";
import { sitesOf, type Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { HEAD_SITES } from "../edits/passEdits";
import { attachRandom } from "../sae/attachRandom.samples";
import { CellRuns } from "./cellRuns";
import { sweepGrid, type SweepCell } from "./sweepCells";

const METRIC: Metric = { kind: "logitDifference", target: 2, minus: 7 };
const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6, 8, 0, 7, 7];
const named = (tokens: readonly number[]) => ({ text: "", tokens });

interface Asked {
  readonly prompt: EditedPrompt;
  readonly axes: SweepAxes;
  readonly change: SweepChange;
  readonly metric?: Metric;
}

/** The metric of every cell, from the base on. */
async function values(model: Model, asked: Asked, beginsWithin: boolean): Promise<number[]> {
  const { prompt, axes, change, metric = METRIC } = asked;
  const { cells } = sweepGrid(model, axes, prompt.tokens.length);
  const request = { prompt, position: prompt.tokens.length - 1, change, metric };
  const runs = await CellRuns.of(model, request, cells, NEVER_CANCELLED, beginsWithin);
  try {
    const all = [await runs.base()];
    const blockOf = ({ site }: SweepCell) => siteLayer(site) ?? (HEAD_SITES.has(site) ? Infinity : 0);
    for (const block of new Set(cells.map(blockOf))) {
      const own = cells.filter((cell) => blockOf(cell) === block);
      await runs.run(own, NEVER_CANCELLED, (batch, found) =>
        batch.forEach(({ index }, i) => (all[index + 1] = found[i]!)),
      );
    }
    expect(all).toHaveLength(cells.length + 1);
    return all;
  } finally {
    runs.release();
  }
}

async function expectSame(model: Model, asked: Asked): Promise<void> {
  const within = await values(model, asked, true);
  expect(within.every(Number.isFinite)).toBe(true);
  expect(new Set(within).size).toBeGreaterThan(1);
  expect(within).toEqual(await values(model, asked, false));
}

const edit = (fields: object): Edit => ({ id: "e", on: true, strength: 1, ...fields }) as unknown as Edit;

/** In the middle of the model, and in every part of a block that an edit reaches otherwise. */
const EDITS = [
  edit({ kind: "scale", site: "resid_pre", layers: [1], factor: 1.3 }),
  edit({ kind: "scale", site: "attn.z", factor: 0.5 }),
  edit({ kind: "scale", site: "mlp_out", layers: [0], factor: 0.7 }),
  edit({ kind: "token", position: 1, token: 8, text: "" }),
];

it.each(GOLDEN_RUNS)(
  "in every architecture, with edits and without: %s %j",
  async (folder, change, recording) => {
    const model = await loadChanged(await openFolder(folder), change);
    const { tokens } = await readGolden(folder, recording ?? "golden.safetensors");
    const donor = { kind: "patch", from: named([...tokens].reverse()) } as const;
    const positions = tokens.map((_, position) => position);
    const hasMlp = !model.architecture.absentSites(model.config).includes("mlp_out");
    const edits = hasMlp ? EDITS : EDITS.filter((one) => !("site" in one && one.site === "mlp_out"));
    for (const prompt of [{ tokens }, { tokens, edits }]) {
      const site = "attn_out" as const;
      await expectSame(model, { prompt, axes: { kind: "layerPosition", site, positions }, change: donor });
      await expectSame(model, {
        prompt,
        axes: { kind: "layerHead", site: "attn.z" },
        change: { kind: "zero" },
      });
    }
  },
);

it("at every site that there is, embeddings and head included", async () => {
  for (const name of ["tinyGpt2", "tl_shortformer", "gemma2"]) {
    const model = await loadChanged(await openFolder(name));
    const sites = sitesOf(model).filter((site) => !/\.scale$/.test(site));
    const metric = { kind: "probability", target: 5 } as const;
    const from = named([...TOKENS].reverse());
    for (const edits of [[], EDITS])
      await expectSame(model, {
        prompt: { tokens: TOKENS, edits },
        ...{ axes: { kind: "sites", sites }, change: { kind: "patch", from }, metric },
      });
  }
});

it("for a divergence from the base, and under hidden keys", async () => {
  const model = randomGpt2(await createCpuDevice(), { n_layer: 4 });
  const edits = [edit({ kind: "knockOut", layers: [2], pairs: [{ queries: { from: 3 }, keys: [1, 2] }] })];
  const axes = { kind: "layerHead", site: "attn.pattern" } as const;
  await expectSame(model, {
    prompt: { tokens: TOKENS, edits },
    ...{ axes, change: { kind: "zero" }, metric: { kind: "kl" } },
  });
});

it("where a transcoder of the prompt's edits reads before a cell's block and writes after it", async () => {
  const model = randomGpt2(await createCpuDevice(), { n_layer: 4 });
  attachRandom(model, 1, { kind: "relu", siteIn: "blocks.1.ln2.normalized", siteOut: "blocks.3.mlp_out" });
  const { name, sha256 } = model.saes.get(1)!.description;
  const latents = Array.from({ length: 40 }, (_, latent) => latent);
  const edits = [
    edit({ kind: "latent", sae: { name, sha256 }, latents, op: "scale", amount: 0.5, error: "kept" }),
  ];
  const axes = { kind: "layerPosition", site: "resid_pre", positions: TOKENS.map((_, i) => i) } as const;
  await expectSame(model, { prompt: { tokens: TOKENS, edits }, axes, change: { kind: "zero" } });
});

it("and gives back what was kept", async () => {
  const { device, inUse, peak, reset } = counted(await createCpuDevice());
  const model = randomGpt2(device, { n_layer: 6 });
  const axes = { kind: "layerPosition", site: "resid_pre", positions: [4, 5, 6, 7] } as const;
  reset();
  await values(model, { prompt: { tokens: TOKENS }, axes, change: { kind: "zero" } }, true);
  expect(peak()).toBeGreaterThan(5 * 4 * TOKENS.length * 8);
  expect(inUse()).toBe(0);
});
