/**
 * What the prefix trie saves (B6): exact Shapley values of n steps by the trie, beside a runner that keeps the prompt's
 * keys and reads every coalition's steps anew, as many rows in a pass as the trie.
 *
 *   npm run --silent headless -- --entry bench/trie.ts [--device cpu|webgpu] [--steps 8] [--rounds 7]     in Node
 *   npx vitest run --project bench bench/trie                                                  in Chromium
 *
 * Both give the same values to 1e-4, and compute as many tokens as their formulas say. The gain in time is compared
 * with the gain in tokens: 1 would mean that a token costs the same either way.
 *
 * Then, in Node, a chain of 16 steps on an embedded model: how long an estimate takes, and when the first part of it
 * was there.
 */
import { NEVER_CANCELLED } from "../src/protocol/cancel";
import type { AblationMode, ChainGameRequest, ChainTokens } from "../src/protocol/chain";
import type { Device } from "../src/engine/device/device";
import { CoalitionTrie } from "../src/engine/interp/coalitions/coalitionTrie";
import { pieces, readForward, recordForward } from "../src/engine/interp/pass/forwardPass";
import { EMPTY_CONTEXT, skip } from "../src/engine/interp/batch/rowContext";
import { trieTokens } from "../src/engine/interp/coalitions/trieTokens";
import type { Model } from "../src/engine/models/model";
import { makeCache } from "../src/engine/models/sizes";
import { randomGpt2 } from "../src/engine/models/randomModel";
import { paired, pairedLine, type Paired } from "./paired";
import { openNodeDevice } from "./nodeDevice";

const WIDTH = 64;
const FILLER = 5;

export interface TrieSize {
  readonly model: Readonly<Record<string, number>>;
  readonly prompt: number;
  readonly step: number;
}
/** As large as the embedded models. */
export const LEDGER_SIZE: TrieSize = {
  model: { n_layer: 4, n_head: 4, n_embd: 96, vocab_size: 1000, n_positions: 512 },
  ...{ prompt: 100, step: 20 },
};
/** What a software adapter can run ten thousand tokens of in seconds. */
export const SMALL_SIZE: TrieSize = {
  model: { n_layer: 2, n_head: 2, n_embd: 64, vocab_size: 1000, n_positions: 512 },
  ...{ prompt: 50, step: 10 },
};
export const MODES = ["delete", "mask", "replace"] as const satisfies readonly AblationMode[];
type Mode = (typeof MODES)[number];

export interface TrieBench {
  readonly line: string;
  readonly result: Paired;
  /** The gain in time as a share of the gain in tokens. */
  readonly share: number;
  readonly difference: number;
  readonly tokens: { readonly trie: number; readonly runner: number };
  readonly formula: { readonly trie: number; readonly runner: number };
}

const text = (count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => ((i + 1) * 131 + seed * 977) % 1000);

function chainOf(n: number, promptLength: number, stepLength: number): ChainTokens {
  return {
    prompt: text(promptLength, 1),
    steps: Array.from({ length: n }, (_, i) => text(stepLength, i + 2)),
    answerPrefix: text(3, 40),
    answer: text(2, 50),
  };
}

const coalitionsOf = (n: number) =>
  Array.from({ length: 2 ** n }, (_, s) => Array.from({ length: n }, (_, i) => ((s >> i) & 1) === 1));

async function byTrie(model: Model, chain: ChainTokens, mode: Mode) {
  const coalitions = coalitionsOf(chain.steps.length);
  const request = { chain, mode, fillerId: FILLER };
  const trie = await CoalitionTrie.open(model, request, coalitions.length, NEVER_CANCELLED);
  const values = new Float64Array(coalitions.length);
  for await (const block of trie.values(coalitions)) {
    for (const { index, value } of block) values[index] = value;
  }
  trie.release();
  return { values, tokens: trie.evaluatedTokens };
}

/** Every coalition from the prompt on; under a mask hidden steps are left out here, too. */
async function byRunner(model: Model, chain: ChainTokens, mode: Mode) {
  const { prompt, steps, answerPrefix, answer } = chain;
  const longest = steps.flat().length + answerPrefix.length + answer.length;
  const slots = prompt.length + WIDTH * longest;
  const cache = makeCache(model, slots);
  const coalitions = coalitionsOf(steps.length);
  const values: number[] = [];
  let tokens = prompt.length;
  const start = recordForward(model, cache, [{ context: EMPTY_CONTEXT, tokens: prompt }], {});
  start.release();
  const [context = EMPTY_CONTEXT] = start.contexts;
  for (const batch of pieces(coalitions, WIDTH)) {
    await NEVER_CANCELLED.pause();
    if (mode !== "mask") {
      const rows = batch.map((present) => {
        const own = steps.map((step, i) =>
          present[i] ? step : mode === "replace" ? step.map(() => FILLER) : [],
        );
        return { context, tokens: [...own.flat(), ...answerPrefix, ...answer.slice(0, -1)] };
      });
      const pass = recordForward(model, cache, rows, {
        score: rows.flatMap((row, segment) =>
          answer.map((target, i) => ({ segment, index: row.tokens.length - answer.length + i, target })),
        ),
      });
      tokens += pass.packed.count;
      const { scores } = await readForward(model, pass);
      batch.forEach((_, i) => values.push((scores[2 * i] ?? NaN) + (scores[2 * i + 1] ?? NaN)));
      cache.giveBack(pass.packed.slots.flat());
      continue;
    }
    // Positions have gaps, so a row goes through step by step.
    let contexts = batch.map(() => context);
    const taken: number[] = [];
    for (const [i, step] of steps.entries()) {
      const here = batch.flatMap((present, row) => (present[i] ? [row] : []));
      if (here.length > 0) {
        const pass = recordForward(
          model,
          cache,
          here.map((row) => ({ context: contexts[row] ?? context, tokens: step })),
          {},
        );
        pass.release();
        tokens += pass.packed.count;
        taken.push(...pass.packed.slots.flat());
        contexts = contexts.map((old, row) => pass.contexts[here.indexOf(row)] ?? skip(old, step.length));
      } else contexts = contexts.map((old) => skip(old, step.length));
    }
    const rows = contexts.map((own) => ({ context: own, tokens: [...answerPrefix, ...answer.slice(0, -1)] }));
    const pass = recordForward(model, cache, rows, {
      score: rows.flatMap((_, segment) =>
        answer.map((target, i) => ({ segment, index: answerPrefix.length - 1 + i, target })),
      ),
    });
    tokens += pass.packed.count;
    const { scores } = await readForward(model, pass);
    batch.forEach((_, i) => values.push((scores[2 * i] ?? NaN) + (scores[2 * i + 1] ?? NaN)));
    cache.giveBack([...taken, ...pass.packed.slots.flat()]);
  }
  cache.release();
  return { values, tokens };
}

export async function trieGain(
  device: Device,
  mode: Mode,
  n: number,
  rounds: number,
  size: TrieSize = LEDGER_SIZE,
): Promise<TrieBench> {
  const model = randomGpt2(device, size.model);
  const [promptLength, stepLength, answerLength] = [size.prompt, size.step, 4];
  const chain = chainOf(n, promptLength, stepLength);
  const trie = await byTrie(model, chain, mode);
  const runner = await byRunner(model, chain, mode);
  const difference = Math.max(...runner.values.map((value, i) => Math.abs(value - (trie.values[i] ?? NaN))));
  const perCoalition = mode === "replace" ? n * stepLength : (n * stepLength) / 2;
  const formula = {
    trie: trieTokens({ chain, mode, fillerId: FILLER }),
    runner: promptLength + 2 ** n * (perCoalition + answerLength),
  };
  const result = await paired(
    async () => void (await byRunner(model, chain, mode)),
    async () => void (await byTrie(model, chain, mode)),
    rounds,
  );
  const gain = formula.runner / formula.trie;
  const share = result.ratio / gain;
  const title = `B6 trie, ${device.label}, ${mode}, ${n} steps of ${stepLength} after ${promptLength}`;
  const line = [
    pairedLine(title, ["prompt cache", "trie"], result),
    `tokens ${runner.tokens} ÷ ${trie.tokens} = ${gain.toFixed(2)}, share ${share.toFixed(2)},`,
    `largest difference ${difference.toExponential(1)}`,
  ].join("; ");
  return { line, result, share, difference, formula, tokens: { trie: trie.tokens, runner: runner.tokens } };
}

/** A chain of the embedded language, cut into `steps` parts. */
async function longChain(steps: number) {
  const [{ createNodeEngine }, { createLedgerProblem }] = await Promise.all([
    import("../src/engine/hosts/nodeHost"),
    import("../src/synthetic/ledger/ledger"),
  ]);
  const engine = createNodeEngine(process.env["VITRINE_MODELS"] ?? "static/models");
  const problem = createLedgerProblem(3, { kind: "total", people: 3, changes: [4, 4, 3], distractors: 0 });
  const words = problem.steps.flatMap(({ text: step }) => step.match(/ \S+/g) ?? []);
  const cut = Array.from({ length: steps + 1 }, (_, i) => Math.round((i * words.length) / steps));
  const parts = Array.from({ length: steps }, (_, i) => words.slice(cut[i], cut[i + 1]).join(""));
  const { prompt, answerPrefix, answer } = problem;
  return { engine, text: { prompt, steps: parts, answerPrefix, answer } };
}

interface LongGame {
  readonly name: string;
  readonly chain: ChainTokens;
  readonly changes: Partial<ChainGameRequest>;
}

/** Estimates of 16 steps, 12 of them exactly, and the first 60 tokens as players. */
async function longGames(device: "cpu" | "webgpu", print: (line: string) => void): Promise<void> {
  const { engine, text: chainText } = await longChain(16);
  await engine.openDevice(device);
  await engine.loadModel({ kind: "embedded", name: "ledger" }, "auto", "load");
  const chain = await engine.tokenizeChain(chainText);
  const tokens = chain.steps.flat();
  const byToken = { ...chain, steps: tokens.map((token) => [token]) };
  const range = (count: number) => Array.from({ length: count }, (_, i) => i);
  const games: LongGame[] = [
    ...(["pairedRegression", "permutations"] as const).flatMap((estimator) =>
      [false, true].flatMap((matrix) =>
        [20 * 16, 2048].map((budget) => ({
          name: "16 steps",
          chain,
          changes: { estimator, matrix, budget },
        })),
      ),
    ),
    { name: "12 of 16 steps", chain, changes: { estimator: "exact", players: range(12), matrix: true } },
    ...(["mask", "replace"] as const).map((mode) => ({
      name: "60 tokens",
      chain: byToken,
      changes: { mode, players: range(60), budget: 20 * 60, matrix: true } as const,
    })),
  ];
  for (const { name, chain: own, changes } of games) {
    const request: ChainGameRequest = {
      ...{ chain: own, mode: "delete", fillerId: FILLER, value: "logProb" },
      ...{ estimator: "pairedRegression", budget: 0, seed: 1, matrix: false },
      ...changes,
    };
    const seen: number[] = [];
    const result = await engine.chainGame(request, name, ({ elapsedMs }) => seen.push(elapsedMs));
    const gaps = [...seen, result.elapsedMs].map((ms, i) => ms - (seen[i - 1] ?? 0));
    print(
      [
        `${name} of ${tokens.length} tokens, ledger, ${device}, ${request.mode}, ${request.estimator}${request.matrix ? " with matrix" : ""}:`,
        `${result.coalitionsDone} coalitions, ${result.evaluatedTokens} tokens in ${(result.elapsedMs / 1000).toFixed(2)} s,`,
        `first partial after ${((seen[0] ?? NaN) / 1000).toFixed(2)} s, then at most ${Math.max(...gaps.slice(1)).toFixed(0)} ms apart`,
      ].join(" "),
    );
  }
}

export async function main(args: string[]): Promise<void> {
  // Not above: a browser has none.
  const { parseArgs } = await import("node:util");
  const { values } = parseArgs({
    args,
    options: {
      device: { type: "string", default: "cpu" },
      steps: { type: "string", default: "8" },
      rounds: { type: "string", default: "7" },
    },
  });
  const device = await openNodeDevice(values.device);
  for (const mode of Number(values.rounds) > 0 ? MODES : []) {
    console.log((await trieGain(device, mode, Number(values.steps), Number(values.rounds))).line);
  }
  await longGames(device.kind, (line) => console.log(line));
}
