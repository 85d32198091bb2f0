/** Results are handed over, not copied; and a call that was answered once gives the same answer again. */
import { join } from "node:path";
import { expose, wrap } from "comlink";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineApi } from "../../protocol/api";
import type { ChainTokens } from "../../protocol/chain";
import { handingOver, transferables } from "./handOver";
import { createNodeEngine } from "./nodeHost";

describe("what is handed over", () => {
  it("is every buffer that an array is the whole of, each once", () => {
    const values = Float32Array.of(1, 2);
    const ids = new Uint32Array(3);
    const result = { list: [{ values }, { values, ids }], names: ["a"], none: undefined, null: null };
    expect(transferables(result)).toEqual([values.buffer, ids.buffer]);
    expect(transferables(values)).toEqual([values.buffer]);
  });

  it("is no part of a larger buffer, nothing empty, and nothing shared", () => {
    const whole = new Float32Array(4);
    const shared = new Float32Array(new SharedArrayBuffer(8));
    expect(transferables([whole.subarray(1), new Float32Array(0), shared, 3, "text"])).toEqual([]);
  });
});

describe("an engine behind a channel", () => {
  const { port1, port2 } = new MessageChannel();
  /** Results as they were before they crossed. */
  const sent: unknown[] = [];
  const far = wrap<EngineApi>(port1) as unknown as EngineApi;
  let tokens: number[];
  let chain: ChainTokens;
  let tensor: number;
  afterAll(() => [port1, port2].forEach((port) => port.close()));
  beforeAll(async () => {
    const engine = createNodeEngine(join(import.meta.dirname, "../../../static/models"));
    const watched = Object.entries(engine).map(([name, call]) => [
      name,
      async (...asked: never[]) => {
        const result: unknown = await (call as (...asked: never[]) => Promise<unknown>)(...asked);
        sent.push(result);
        return result;
      },
    ]);
    expose(handingOver(Object.fromEntries(watched) as EngineApi), port2);
    await far.openDevice("cpu");
    await far.loadModel({ kind: "embedded", name: "ledger" }, "auto", "load");
    await far.attachSaes(
      { kind: "embedded", model: "ledger", folder: "blocks.1.resid_post" },
      undefined,
      "s",
    );
    tokens = (await far.tokenize("Ann has 3 apples . Bob has 2 apples .", true)).map(({ id }) => id);
    chain = await far.tokenizeChain({
      prompt: "Ann has 3 apples .",
      steps: [" Ann gets 2 apples .", " Ann has 5 apples ."],
      answerPrefix: " Answer :",
      answer: " 5",
    });
    const [ref] = await far.capture({ prompts: [{ tokens }], sites: ["blocks.0.resid_pre"] }, "capture");
    tensor = ref?.id ?? -1;
  });

  const game = { mode: "mask", fillerId: 5, samples: 1, seed: 1, temperature: 1 } as const;
  const CALLS: Record<string, () => Promise<unknown>> = {
    run: () =>
      far.run({
        rows: [{ tokens }],
        capture: ["blocks.0.resid_pre", "blocks.1.attn.pattern"],
        score: [{ row: 0, position: 1, target: 3 }],
        top: [{ row: 0, position: 2, k: 4 }],
      }),
    tensorStats: () => far.tensorStats(tensor),
    readTensor: () =>
      far.readTensor({ id: tensor, leading: [], rows: [0, 3], cols: [0, 8], maxRows: 9, maxCols: 9 }),
    exportTensors: () => far.exportTensors([tensor], "npz", {}),
    logitLens: () => far.logitLens({ prompt: { tokens }, positions: [2, 3], targets: [3], k: 3 }, "lens"),
    neuron: () => far.neuron({ layer: 1, neuron: 2, k: 5 }),
    compare: () => far.compare({ base: { tokens }, other: { tokens: tokens.toReversed() }, k: 3 }, "compare"),
    sweep: () =>
      far.sweep(
        {
          ...{ prompt: { tokens }, position: 5, change: { kind: "zero" } },
          axes: { kind: "layerSublayer" },
          metric: { kind: "logProb", target: 7 },
        },
        "sweep",
      ),
    chainGame: () =>
      far.chainGame(
        { ...game, chain, value: "logProb", estimator: "exact", budget: 100, matrix: true },
        "game",
      ),
    coalitions: () =>
      far.coalitions({ ...game, chain, coalitions: [[true, false]], topK: 3, tokenScores: true }),
    anchorRollouts: () =>
      far.anchorRollouts(
        { ...{ chain, rollouts: 1, temperature: 0.7, topP: 0.9 }, seed: 3, maxTokens: 12, layer: 1 },
        "rollouts",
      ),
    stepSuppression: () => far.stepSuppression({ chain, temperature: 1 }, "suppression"),
    stepAttention: () => far.stepAttention({ chain }, "attention"),
    saeDecode: () => far.saeDecode({ sae: 1, prompt: { tokens }, listed: 8 }, "decode"),
    saeLatent: () => far.saeLatent({ sae: 1, latent: 3, k: 4 }, "latent"),
    saeByLogit: () => far.saeByLogit({ sae: 1, token: 9, k: 4 }),
    saeTrace: () => far.saeTrace({ sae: 1, latent: 3, prompt: { tokens }, position: 2, k: 3 }, "trace"),
  };

  it.each(Object.keys(CALLS))("%s", async (name) => {
    const told = (result: unknown) => ({ ...(result as object), elapsedMs: 0 });
    const first = await CALLS[name]?.();
    const before = transferables(first);
    expect(await CALLS[name]?.().then(told)).toEqual(told(first));
    // What came has memory of its own; what was sent has none any more.
    expect(before.length).toBeGreaterThan(0);
    expect(transferables(sent.at(-1))).toEqual([]);
  });

  it("corpora", async () => {
    const { id } = await far.saeCorpus(
      {
        ...{ saes: [1], name: "two texts", documents: [tokens, tokens.toReversed()] },
        ...{ contextSize: 16, addBos: true, seed: 1 },
      },
      "corpus",
    );
    const overview = await far.saeCorpusOverview({ corpus: id, sae: 1 });
    const latent = overview.density.indexOf(Math.max(...overview.density));
    const shown = await far.saeCorpusLatent({ corpus: id, sae: 1, latent }, "shown");
    expect(shown.top.length).toBeGreaterThan(0);
    expect(await far.saeCorpusOverview({ corpus: id, sae: 1 })).toEqual(overview);
    expect(await far.saeCorpusLatent({ corpus: id, sae: 1, latent }, "shown")).toEqual(shown);
  });
});
