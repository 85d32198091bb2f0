/**
 * Records the example that the page shows before its engine has started: `npm run record-example`, to be run
 * again whenever the embedded model changes. The numbers are the default model's own, on the CPU device.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { EngineApi } from "../src/protocol/api";
import type { ChainGameResult, ChainText } from "../src/protocol/chain";
import { createNodeEngine } from "../src/engine/hosts/nodeHost";
import { evaluateEffect } from "../src/client/chain/effect";
import { allTokens } from "../src/client/chain/tokenSteps";
import type { Recording } from "../src/ui/link/recording";

const MODEL = "ledger";
const EXAMPLE = 1;
/** Answers that are kept of the distribution: what the panel shows, and a little more. */
const TOP = 12;

export async function recordExample(engine: EngineApi, example: ChainText): Promise<Recording> {
  const { name, sha256 } = await engine.loadModel({ kind: "embedded", name: MODEL }, "auto", "load");
  const { prompt, steps, answerPrefix, answer } = example;
  const text = { prompt, steps, answerPrefix, answer };
  const request = { chain: await engine.tokenizeChain(text), mode: "delete", fillerId: 0 } as const;
  const effect = await evaluateEffect(
    engine,
    request,
    steps.map(() => true),
  );
  const game: { -readonly [K in keyof ChainGameResult]: ChainGameResult[K] } = await engine.chainGame(
    { ...request, value: "logProb", estimator: "exact", budget: 0, seed: 1, matrix: false },
    "game",
  );
  // It is no plain JSON; the engine makes it when it is there.
  delete game.interactions;
  const { ids, logProbs } = effect.baseline.top;
  return {
    model: { name, sha256 },
    chain: text,
    tokens: await engine.describeTokens(allTokens(request.chain)),
    parts: request.chain,
    answerId: request.chain.answer[0] ?? 0,
    baseline: {
      logProb: effect.baseline.logProb,
      top: Array.from(ids.subarray(0, TOP), (id, i) => [
        id,
        effect.topTokens.get(id) ?? "",
        logProbs[i] ?? 0,
      ]),
    },
    early: effect.early,
    loo: effect.loo,
    game,
  };
}

export async function main(): Promise<void> {
  const examples = JSON.parse(readFileSync(`static/models/${MODEL}/examples.json`, "utf8")) as ChainText[];
  const example = examples[EXAMPLE];
  if (!example) throw new Error(`examples.json has no example ${EXAMPLE}`);
  const recording = await recordExample(createNodeEngine("static/models"), example);
  writeFileSync("src/ui/link/recording.json", `${JSON.stringify(recording, undefined, 1)}\n`);
}
