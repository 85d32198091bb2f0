/** In every mode and for every set of steps, the row that the panel reads gives the value that the chain's games use. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { EngineApi } from "../../../protocol/api";
import { ABLATION_MODES, type ChainText } from "../../../protocol/chain";
import { stepAblation } from "../../../client/chain/ablationRequest";
import { createCpuDevice } from "../../../engine/device/cpu";
import { createEngine } from "../../../engine/engine";
import { filesFromFolder } from "../../../engine/formats/bytes/sourceNode";
import type { Edit } from "../../../protocol/interventions";
import { presentPlayers } from "../../../shapley/exact";
import { ablatedRow } from "../../../client/chain/ablatedRow";
import { answerCurve } from "./lensView";
import { readLens } from "./readInside";

const LEDGER = join(import.meta.dirname, "../../../../static/models/ledger");
const [EXAMPLE] = JSON.parse(readFileSync(join(LEDGER, "examples.json"), "utf8")) as [ChainText];

let engine: EngineApi;
beforeAll(async () => {
  const files = (await filesFromFolder(LEDGER)).filter(({ name }) => !name.includes("examples"));
  engine = createEngine({
    openDevice: async () => ({ device: await createCpuDevice(), reason: "" }),
    openSae: () => Promise.resolve([]),
    openFiles: () => Promise.resolve(files),
  });
  await engine.loadModel({ kind: "embedded", name: "ledger" }, "f32", "load");
});

/** Positions of the prompt, of steps and of the cue; a whole stack of kinds. */
const EDITS = [
  { id: "a", on: true, kind: "scale", site: "resid_post", layers: [0], positions: { from: 30 }, factor: 0.8 },
  { id: "b", on: true, kind: "knockOut", layers: [1], keys: [3, 30, 41] },
  { id: "c", on: true, kind: "zero", site: "attn.z", heads: [1], positions: [35, 36, 50], strength: 1 },
  { id: "d", on: true, kind: "freeze", what: "norms" },
] as const satisfies Edit[];

it.each(ABLATION_MODES.flatMap((mode) => [[mode, []] as const, [mode, EDITS] as const]))(
  "%s",
  async (mode, edits: readonly Edit[]) => {
    const chain = await engine.tokenizeChain(EXAMPLE);
    const [filler] = await engine.tokenize(" .", false);
    const ask = { mode, fillerId: filler!.id, samples: 1, seed: 7, temperature: 1 };
    const ablation = await stepAblation(engine, chain, ask, "resample");
    const n = chain.steps.length;
    for (let coalition = 0; coalition < 2 ** n; coalition++) {
      const present = presentPlayers(coalition, n);
      const [value] = await engine.coalitions({ chain, ...ablation, coalitions: [present], topK: 0, edits });
      const row = ablatedRow(chain, present, ablation, edits);
      const lens = await readLens(engine, chain, { with: row, without: row }, row.spans[0]!, "lens");
      expect(Math.abs(answerCurve(lens.answer.with).at(-1)! - value!.logProb)).toBeLessThan(1e-4);
    }
  },
);
