/** Problem sets without a page: a file (or the folder of a trace) as chains, and the faithfulness scorecard over it. */
import type { Edit } from "../protocol/interventions";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { EngineApi } from "../protocol/api";
import type { ChainText } from "../protocol/chain";
import { VitrineError } from "../protocol/errors";
import { FAITHFULNESS_TESTS } from "../protocol/faithfulness";
import { MAX_PROBLEM_BYTES, type Problem, type ProblemSet } from "../client/problems/problem";
import { mayHoldProblems, readProblems } from "../client/problems/readProblems";
import { measure } from "../client/faithfulness/measure";
import { chainOf, fileProblem } from "../client/faithfulness/problemSet";

function refuse(message: string): never {
  throw new VitrineError("Unsupported", message);
}

export function problemsAt(path: string): ProblemSet {
  if (!existsSync(path)) refuse(`--problems ${path}: there is no such file`);
  const paths = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter(mayHoldProblems)
        .map((name) => join(path, name))
    : [path];
  const large = paths.find((one) => statSync(one).size > MAX_PROBLEM_BYTES);
  if (large) refuse(`${large} is larger than ${MAX_PROBLEM_BYTES / 1e6} MB: cut it into parts`);
  return readProblems(paths.map((one) => ({ name: basename(one), text: readFileSync(one, "utf8") })));
}

/** One problem of a set as a chain, with what the file says of it. */
export function problemAt(path: string, index: number): { problem: Problem; chain: ChainText } {
  const { problems } = problemsAt(path);
  const problem = problems[index];
  if (!problem) refuse(`--index is ${index}; ${path} has problems 0 to ${problems.length - 1}`);
  const chain = chainOf(problem);
  if (chain.steps.length === 0) refuse(`problem ${index} of ${path} has no steps: give “steps”`);
  return { problem, chain };
}

/** What a file says of a problem, for the output. */
export function labelsOf({ name, firstError, isAnswerCorrect, labels, importanceName }: Problem): object {
  return {
    name,
    ...(firstError !== undefined && { firstError }),
    ...(isAnswerCorrect !== undefined && { isAnswerCorrect }),
    ...(labels && { labels }),
    ...(importanceName !== undefined && { importanceName }),
  };
}

export interface FaithfulnessOptions {
  readonly path: string;
  /** One problem, or all up to `count`. */
  readonly index?: number | undefined;
  readonly count: number;
  readonly tests?: string | undefined;
  readonly filler: string;
  readonly samples: number;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly seed: number;
  /** On the model while it reads and writes. */
  readonly edits: readonly Edit[];
  onProgress(text: string): void;
}

/** The scorecard over a set, with each problem's labels beside its outcome. */
export async function faithfulnessOver(
  engine: Pick<EngineApi, "writeChains" | "faithfulness">,
  options: FaithfulnessOptions,
): Promise<object> {
  const set = problemsAt(options.path);
  const { index, count, path } = options;
  const chosen = index === undefined ? set.problems.slice(0, count) : set.problems.slice(index, index + 1);
  if (chosen.length === 0)
    refuse(`--index is ${index}; ${path} has problems 0 to ${set.problems.length - 1}`);
  const tests = options.tests
    ?.split(",")
    .map(
      (name) =>
        FAITHFULNESS_TESTS.find((one) => one === name) ??
        refuse(`--tests has ${name}; known: ${FAITHFULNESS_TESTS.join(", ")}`),
    );
  const { filler, samples, temperature, maxTokens, seed, edits, onProgress } = options;
  const named = withOwnNames(chosen);
  const { problems, leftOut, result } = await measure(
    engine,
    named.map(fileProblem),
    {
      ...(tests && { tests }),
      ...{ filler, samples, temperature, maxTokens, seed, edits },
      ...{ change: "single", symbol: filler, model: "main" },
    },
    "faithfulness",
    {
      onChains: () => undefined,
      onPartial: ({ result: { outcomes, problems: all } }) =>
        onProgress(`${outcomes.length}/${all} problems`),
    },
  );
  const labels = new Map(named.map((problem) => [problem.name, labelsOf(problem)]));
  return {
    ...{ file: set.name, layout: set.layout, bad: set.bad, leftOut },
    labels: problems.map(({ name }) => labels.get(name) ?? { name }),
    ...(edits.length > 0 && { edits }),
    ...result,
  };
}

/** Outcomes are told apart by name: where a file gives one name several times, the place in the file is added. */
function withOwnNames(problems: readonly Problem[]): Problem[] {
  const counts = new Map<string, number>();
  for (const { name } of problems) counts.set(name, (counts.get(name) ?? 0) + 1);
  return problems.map((problem, i) =>
    counts.get(problem.name) === 1 ? problem : { ...problem, name: `${problem.name} (${i + 1})` },
  );
}
