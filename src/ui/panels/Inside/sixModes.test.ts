/** In every mode and for every set of steps, the row that the panel reads gives the value that the chain's games use. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { EngineApi } from "../../../protocol/api";
import { ABLATION_MODES, type ChainText } from "../../../protocol/chain";
import { ablationOf } from "../../../protocol/chainAblation";
import { createCpuDevice } from "../../../engine/device/cpu";
import { createEngine } from "../../../engine/engine";
import { filesFromFolder } from "../../../engine/formats/sourceNode";
import { presentPlayers } from "../../../games/exact";
import { ablatedChain } from "../../session/ablatedChain";
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

it.each(ABLATION_MODES)("%s", async (mode) => {
  const chain = await engine.tokenizeChain(EXAMPLE);
  const [filler] = await engine.tokenize(" .", false);
  const ask = { mode, fillerId: filler!.id, samples: 1, seed: 7, temperature: 1 };
  const ablation = await ablationOf(engine, chain, ask, "resample");
  const n = chain.steps.length;
  for (let coalition = 0; coalition < 2 ** n; coalition++) {
    const present = presentPlayers(coalition, n);
    const [value] = await engine.coalitions({ chain, ...ablation, coalitions: [present], topK: 0 });
    const row = ablatedChain(chain, present, ablation);
    const lens = await readLens(engine, chain, { with: row, without: row }, row.spans[0]!, "lens");
    expect(Math.abs(answerCurve(lens.answer.with).at(-1)! - value!.logProb)).toBeLessThan(1e-4);
  }
});
