/**
 * Records the example that the page shows before its engine has started: `npm run record-example`, to be run
 * again whenever the embedded model changes. The numbers are the default model's own, on the CPU device.
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { ChainText, CoalitionResult } from "../src/protocol/chain";
import { createNodeEngine } from "../src/engine/nodeHost";

const MODEL = "ledger";
const EXAMPLE = 1;
const TOP = 5;

export async function main(): Promise<void> {
  const engine = createNodeEngine("static/models");
  const info = await engine.loadModel({ kind: "embedded", name: MODEL }, "auto", "load");
  const examples = JSON.parse(readFileSync(`static/models/${MODEL}/examples.json`, "utf8")) as ChainText[];
  const example = examples[EXAMPLE];
  if (!example) throw new Error(`examples.json has no example ${EXAMPLE}`);
  const { prompt, steps, answerPrefix, answer } = example;
  const text = { prompt, steps, answerPrefix, answer };
  const chain = await engine.tokenizeChain(text);
  const n = steps.length;
  const all = steps.map(() => true);
  const prefixes = Array.from({ length: n + 1 }, (_, k) => all.map((_, i) => i < k));
  const without = all.map((_, i) => all.map((_, j) => j !== i));
  const ablation = { mode: "delete", fillerId: 0 } as const;
  const results = await engine.coalitions({
    chain,
    ...ablation,
    coalitions: [all, ...prefixes, ...without],
    topK: TOP,
  });
  const [baseline] = results;
  if (!baseline) throw new Error("the engine gave no baseline");
  const described = await engine.describeTokens([...baseline.top.ids]);
  const answers = ({ logProb, top }: CoalitionResult) => ({
    logProb,
    top: [...top.ids].map((id, i) => [id, described[i]?.text.trim() ?? "", top.logProbs[i] ?? 0]),
  });
  const recording = {
    model: { name: info.name, sha256: info.sha256 },
    chain: text,
    tokens: await engine.tokenize([prompt, ...steps, answerPrefix, answer].join(""), true),
    baseline: answers(baseline),
    early: results.slice(1, n + 2).map(({ logProb }) => logProb),
    loo: results.slice(n + 2).map(({ logProb }) => baseline.logProb - logProb),
    shapley: await engine.shapley({ chain, ...ablation }, "shapley"),
  };
  writeFileSync("src/ui/session/recording.json", `${JSON.stringify(recording, undefined, 1)}\n`);
}
