/**
 * Measures the embedded ledger models against what `training/README.md` promises, on held-out problems of the
 * page's own generator, with the page's own engine. Prints one JSON object.
 *
 *   npm run evaluate -- ledger|ledger-posthoc [problems per kind]
 *
 * Per model: right with its own generated chain, right without a chain, how often the answer follows (or
 * changes with) a corrupted chain, and exact Shapley values of needed and null steps in every ablation mode.
 */
import type { EngineApi } from "../src/protocol/api";
import { ABLATION_MODES, type AblationMode, type ChainTokens } from "../src/protocol/chain";
import { createNodeEngine } from "../src/engine/hosts/nodeHost";
import {
  corruptLedgerChain,
  createLedgerProblem,
  LEDGER_FILLER,
  LEDGER_KINDS,
  type LedgerKind,
  type LedgerOptions,
  type LedgerProblem,
} from "../src/synthetic/ledger/ledger";

/** Training draws its own problems; these seeds are the evaluation's. */
const FIRST_SEED = 1_000_000;
const SHAPLEY_PROBLEMS = 100;
const MANY_CHANGES = 3;

/** The post-hoc twin is trained on simpler problems, so that it can answer from the story. */
function optionsFor(model: string, kind: LedgerKind, seed: number): LedgerOptions {
  if (model !== "ledger-posthoc") return { kind };
  return {
    kind,
    people: 2,
    changes: kind === "count" ? [1 + (seed % 2), 1 + ((seed >> 1) % 2)] : [1, 1],
    distractors: seed % 2,
  };
}

const share = (hits: readonly boolean[]) =>
  hits.length === 0 ? NaN : hits.filter(Boolean).length / hits.length;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

class Evaluation {
  constructor(
    private readonly engine: EngineApi,
    private readonly eosId: number,
    private readonly fillerId: number,
  ) {}

  chainOf({ prompt, answerPrefix, answer }: LedgerProblem, steps: readonly string[]): Promise<ChainTokens> {
    return this.engine.tokenizeChain({ prompt, steps, answerPrefix, answer });
  }

  /** The most probable answer when exactly these steps are given. */
  async answerGiven(problem: LedgerProblem, steps: readonly string[]): Promise<string> {
    const chain = await this.chainOf(problem, steps);
    const request = {
      chain,
      mode: "delete",
      fillerId: 0,
      coalitions: [steps.map(() => true)],
      topK: 1,
    } as const;
    const [result] = await this.engine.coalitions(request);
    return (await this.engine.detokenize([result?.top.ids[0] ?? 0])).trim();
  }

  /** What the model writes by itself after "Think :", greedily. */
  async ownText({ prompt }: LedgerProblem): Promise<string> {
    const { prompt: tokens } = await this.engine.tokenizeChain({
      prompt,
      steps: [],
      answerPrefix: "",
      answer: "",
    });
    const request = {
      tokens,
      maxTokens: 120,
      temperature: 0,
      topK: 0,
      topP: 1,
      seed: 0,
      stopIds: [this.eosId],
    };
    const { tokens: made } = await this.engine.generate(request, "generate");
    return made.length === 0 ? "" : (await this.engine.detokenize(made)).trim();
  }

  async shapley(problem: LedgerProblem, mode: AblationMode): Promise<readonly number[]> {
    const chain = await this.chainOf(problem, textsOf(problem));
    const { phi } = await this.engine.chainGame(
      {
        ...{ chain, mode, fillerId: this.fillerId, value: "logProb", estimator: "exact" },
        ...{ budget: 0, seed: 0, matrix: false },
      },
      "shapley",
    );
    return phi.values;
  }
}

const textsOf = ({ steps }: LedgerProblem) => steps.map(({ text }) => text);

export async function main([model = "ledger", perKindText = "250"]: readonly string[]): Promise<void> {
  const perKind = Number(perKindText);
  const engine = createNodeEngine(process.env["VITRINE_MODELS"] ?? "static/models");
  const info = await engine.loadModel({ kind: "embedded", name: model }, "auto", "load");
  const [filler] = await engine.tokenize(LEDGER_FILLER, false);
  const evaluation = new Evaluation(engine, info.eosId ?? -1, filler?.id ?? 0);
  const note = (text: string) => process.stderr.write(`${text}\n`);

  const problemsOf = (kind: LedgerKind, count: number) =>
    Array.from({ length: count }, (_, i) => {
      const seed = FIRST_SEED + i * LEDGER_KINDS.length + LEDGER_KINDS.indexOf(kind);
      return createLedgerProblem(seed, optionsFor(model, kind, i));
    });
  const problems = Object.fromEntries(LEDGER_KINDS.map((kind) => [kind, problemsOf(kind, perKind)]));
  const all = Object.values(problems).flat();

  const ownChain: Record<string, number> = {};
  for (const kind of LEDGER_KINDS) {
    const hits: boolean[] = [];
    for (const problem of problems[kind] ?? []) {
      const text = await evaluation.ownText(problem);
      hits.push(text.endsWith(`${problem.answerPrefix.trim()}${problem.answer}`));
    }
    ownChain[kind] = share(hits);
    note(`own chain, ${kind}: ${ownChain[kind]}`);
  }

  const eight: boolean[] = [];
  if (model === "ledger") {
    for (let i = 0; i < 100; i++) {
      const problem = createLedgerProblem(FIRST_SEED + 500_000 + i, { people: 3, changes: [3, 3, 2] });
      eight.push((await evaluation.ownText(problem)).endsWith(`:${problem.answer}`));
    }
  }

  const withoutChain: { problem: LedgerProblem; right: boolean }[] = [];
  const follows: boolean[] = [];
  const changes: boolean[] = [];
  for (const problem of all) {
    const bare = await evaluation.answerGiven(problem, []);
    withoutChain.push({ problem, right: ` ${bare}` === problem.answer });
    const corrupted = corruptLedgerChain(problem, problem.seed);
    if (!corrupted || corrupted.answer === problem.answer) continue;
    const given = await evaluation.answerGiven(problem, corrupted.steps);
    const before = await evaluation.answerGiven(problem, textsOf(problem));
    follows.push(` ${given}` === corrupted.answer);
    changes.push(given !== before);
  }
  note("answers given, missing and corrupted chains: done");

  const shapley: Record<string, object> = {};
  const sample = Array.from({ length: SHAPLEY_PROBLEMS }, (_, i) => {
    const kind = LEDGER_KINDS[i % LEDGER_KINDS.length] ?? "count";
    return createLedgerProblem(FIRST_SEED + 900_000 + i, optionsFor(model, kind, i));
  });
  for (const mode of ABLATION_MODES) {
    const needed: number[] = [];
    const nulls: number[] = [];
    const sums: number[] = [];
    for (const problem of sample) {
      const phi = await evaluation.shapley(problem, mode);
      problem.steps.forEach((step, i) =>
        step.needed ? needed.push(phi[i] ?? NaN) : nulls.push(Math.abs(phi[i] ?? NaN)),
      );
      sums.push(phi.reduce((sum, value) => sum + Math.abs(value), 0));
    }
    shapley[mode] = {
      meanNeeded: mean(needed),
      meanAbsNull: mean(nulls),
      nullOverNeeded: mean(nulls) / mean(needed),
      meanSumAbs: mean(sums),
    };
    note(`Shapley, ${mode}: ${JSON.stringify(shapley[mode])}`);
  }

  const many = withoutChain.filter(({ problem }) => problem.steps.length >= MANY_CHANGES);
  const report = {
    model,
    sha256: info.sha256,
    problems: all.length,
    rightWithOwnChain: ownChain,
    ...(eight.length > 0 ? { rightWithOwnChainOfEightSteps: share(eight) } : {}),
    rightWithoutChain: share(withoutChain.map(({ right }) => right)),
    rightWithoutChainThreeOrMoreChanges: share(many.map(({ right }) => right)),
    followsCorruptedChain: share(follows),
    changesWithCorruptedChain: share(changes),
    corruptedProblems: follows.length,
    shapley,
  };
  process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
}
