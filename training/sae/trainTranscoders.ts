/**
 * Trains a TopK transcoder of every MLP of the shipped `ledger`, by the page's own trainer, on the CPU device.
 *
 *   npm run -s headless -- --entry training/sae/trainTranscoders.ts OUT [steps, default 4000]
 *
 * OUT gets blocks.N.mlp/{cfg.json, sae_weights.safetensors} in the SAELens layout, weights in f16. Settings are those of the
 * autoencoders of the residual stream (train.py), with fewer steps, fixed before the first run; texts are drawn from seeds that no evaluation
 * uses. Steps are counted, not seconds: the same seed gives the same files.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createNodeEngine } from "../../src/engine/hosts/nodeHost";
import type { EngineApi } from "../../src/protocol/api";
import type { SaeTrainingRequest } from "../../src/protocol/sae/training";
import { Random } from "../../src/random/random";
import {
  corruptLedgerChain,
  createLedgerProblem,
  LEDGER_VOCABULARY,
} from "../../src/synthetic/ledger/ledger";
import { inHalves } from "./inHalves";

const FIRST_SEED = 8_000_000;
const PROBLEMS = 12_000;
const LAYERS = [0, 1, 2, 3];

/** As the page shows them: most chains right, some with a wrong result carried on, some without a part of their steps. */
export function ledgerTexts(firstSeed: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const problem = createLedgerProblem(firstSeed + i);
    const random = new Random(firstSeed + i);
    const share = random.next();
    const wrong = share < 0.1 ? corruptLedgerChain(problem, firstSeed + i) : undefined;
    const right = problem.steps.map(({ text }) => text);
    const steps =
      wrong?.steps ?? (share >= 0.1 && share < 0.2 ? right.filter(() => random.next() < 0.7) : right);
    const answer = wrong?.answer ?? problem.answer;
    return ["<s> ", problem.prompt, ...steps, problem.answerPrefix, answer, " </s>"].join("");
  });
}

const idOf = new Map(LEDGER_VOCABULARY.map((word, id) => [word, id]));

/** Words stand apart by spaces. */
export function ledgerIds(text: string): number[] {
  return text
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => {
      const id = idOf.get(word);
      if (id === undefined) throw new Error(`the language has no word "${word}"`);
      return id;
    });
}

export function transcoderRequest(
  documents: SaeTrainingRequest["documents"],
  steps: number,
): SaeTrainingRequest {
  return {
    ...{ name: `${documents.length} ledger texts from seed ${FIRST_SEED}`, documents },
    ...{ contextSize: 256, addBos: true, steps, batch: 2048, shuffledTokens: 131_072 },
    saes: LAYERS.map((layer) => ({
      ...{ siteIn: `blocks.${layer}.ln2.normalized`, siteOut: `blocks.${layer}.mlp_out` },
      ...{ nLatents: 512, k: 8, auxK: 48, auxWeight: 1 / 32, deadAfter: 100_000, seed: 1 + layer },
    })),
    ...{ schedule: { rate: 2e-3, warmUp: 200, decay: 0.8 }, clip: 1, heldOut: 0.02, seed: 1 },
  };
}

async function openLedger(): Promise<EngineApi> {
  const engine = createNodeEngine(process.env["VITRINE_MODELS"] ?? "static/models");
  await engine.openDevice("cpu");
  await engine.loadModel({ kind: "embedded", name: "ledger" }, "f32", "load");
  return engine;
}

export async function main([out = "", steps = "4000"]: readonly string[]): Promise<void> {
  if (out === "") throw new Error("name the folder that the transcoders go to");
  const engine = await openLedger();
  const documents = ledgerTexts(FIRST_SEED, PROBLEMS).map(ledgerIds);
  let shown = 0;
  const { id, saes } = await engine.trainSaes(
    transcoderRequest(documents, Number(steps)),
    "train",
    (partial) => {
      if (partial.step < shown + 100) return;
      shown = partial.step;
      const each = partial.saes.map(
        ({ points, heldOut }) =>
          `${heldOut.at(-1)?.fvu.toFixed(4)} (${points.at(-1)?.loss.toFixed(4)}, ${points.at(-1)?.dead} dead)`,
      );
      console.error(`step ${shown}, ${partial.tokensPerSecond.toFixed(0)} tokens/s, FVU ${each.join("  ")}`);
    },
  );
  for (const [sae, layer] of LAYERS.entries()) {
    const folder = join(out, `blocks.${layer}.mlp`);
    mkdirSync(folder, { recursive: true });
    for (const { name, data } of await engine.trainedSaeFiles({ id, sae }))
      writeFileSync(join(folder, name), inHalves(name, data));
    console.error(folder, JSON.stringify(saes[sae]?.heldOut.at(-1)));
  }
}
