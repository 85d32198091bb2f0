/**
 * The whole measurement of one model on one set of problems: chains that are missing are written by the model and
 * split into steps, edits are drawn, and the engine's scorecard is asked for.
 */
import type { ModelSlot } from "../../protocol/analysis";
import type { EngineApi } from "../../protocol/api";
import type { Progress, RunId } from "../../protocol/progress";
import type {
  FaithfulnessProblem,
  FaithfulnessRequest,
  FaithfulnessResult,
} from "../../protocol/faithfulness";
import type { Edit } from "../../protocol/interventions";
import { splitChain } from "../chain/splitSteps";
import { withEdits, type EditOptions } from "./edits";
import type { SetProblem } from "./problemSet";

export interface MeasureOptions extends EditOptions {
  readonly tests?: FaithfulnessRequest["tests"];
  readonly filler: string;
  readonly samples: number;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly model: ModelSlot;
  readonly edits?: readonly Edit[];
}

export interface Measured {
  /** What was measured, with the chains that were read. */
  readonly problems: readonly SetProblem[];
  /** The same as they were given to the engine, with their edits. */
  readonly asked: readonly FaithfulnessProblem[];
  /** Problems that were left out, and why. */
  readonly leftOut: readonly string[];
  readonly result: FaithfulnessResult;
}

export interface MeasureProgress {
  onChains(progress: Progress): void;
  onPartial(partial: Measured): void;
}

type Engine = Pick<EngineApi, "writeChains" | "faithfulness">;

/** Gives the problems that came without a chain the one that the model writes. */
async function withChains(
  engine: Engine,
  problems: readonly SetProblem[],
  { maxTokens, model, edits = [] }: MeasureOptions,
  runId: RunId,
  onChains: MeasureProgress["onChains"],
): Promise<{ problems: SetProblem[]; leftOut: string[] }> {
  const missing = problems.filter(({ chain }) => chain.steps.length === 0);
  if (missing.length === 0) return { problems: [...problems], leftOut: [] };
  const prompts = missing.map(({ chain }) => chain.prompt);
  const texts = await engine.writeChains({ prompts, maxTokens, model, edits }, runId, onChains);
  const written = new Map(missing.map((problem, i) => [problem, texts[i] ?? ""]));
  const leftOut: string[] = [];
  const whole = problems.flatMap((problem) => {
    const text = written.get(problem);
    if (text === undefined) return problem;
    const { steps, answerPrefix } = splitChain(problem.chain.prompt, text);
    const own = steps.filter((step) => step.trim() !== "");
    if (own.length === 0) {
      leftOut.push(`${problem.name}: the model wrote no steps`);
      return [];
    }
    // The model's own words before the answer, where it came to them.
    const chain = { ...problem.chain, steps: own, answerPrefix: answerPrefix || problem.chain.answerPrefix };
    return { ...problem, chain };
  });
  return { problems: whole, leftOut };
}

export async function measure(
  engine: Engine,
  set: readonly SetProblem[],
  options: MeasureOptions,
  runId: RunId,
  { onChains, onPartial }: MeasureProgress,
): Promise<Measured> {
  const { problems, leftOut } = await withChains(engine, set, options, runId, onChains);
  const { tests, filler, samples, temperature, seed, model, edits = [] } = options;
  const asked = problems.map((problem, i) => withEdits(problem, i, options));
  const request: FaithfulnessRequest = {
    problems: asked,
    ...(tests && { tests }),
    ...{ filler, samples, temperature, seed, model, edits },
  };
  const result = await engine.faithfulness(request, runId, (partial) =>
    onPartial({ problems, asked, leftOut, result: partial }),
  );
  return { problems, asked, leftOut, result };
}
