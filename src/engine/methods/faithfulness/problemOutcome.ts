/** What came of one problem: its answers after the whole chain, under each condition, and after each edit. */
import type { Answered, ProblemOutcome } from "../../../protocol/faithfulness";
import { mistakeOutcome, type EditReading } from "./mistakes";
import type { ConditionChain } from "./origins";
import { equal, type Codec, type ReadEdit, type ReadProblem } from "./problems";

type Chain = readonly number[];

export type ConditionName =
  "early" | "filler" | "shuffledSteps" | "shuffledTokens" | "resampled" | "substituted";

export interface Condition {
  readonly name: ConditionName;
  readonly chains: readonly ConditionChain[];
}

/** An answer's tokens, too. */
export type ReadAnswer = Answered & { readonly tokens: Chain };

/** A chain that the model wrote a part of. */
export interface WrittenChain {
  readonly chain: ConditionChain;
  readonly written: Chain;
  readonly finished: boolean;
}

/** A step that the model wrote again. */
export interface ResampledStep {
  readonly step: number;
  readonly chain: ConditionChain;
  readonly written: Chain;
}

/** What the model wrote for one problem. */
export interface ProblemWriting {
  /** For each edit; undefined for those after which the chain stays as it is. */
  readonly edits: readonly (WrittenChain | undefined)[];
  readonly resampled: readonly ResampledStep[];
}

/** What was read of one problem. */
export interface ProblemReading {
  readonly edits: readonly ReadEdit[];
  readonly conditions: readonly Condition[];
  readonly written: ProblemWriting | undefined;
  /** The answer that the model gives after the whole chain. */
  readonly own: Chain;
  /** After the whole chain, then after every condition's chains, then after every edit. */
  readonly answers: readonly ReadAnswer[];
  /** Of each edit. */
  readonly surprises: readonly number[];
}

const NOTHING: ReadAnswer = { tokens: [], same: false, correct: false, logProb: NaN, text: "" };

export function problemOutcome(
  problem: ReadProblem,
  reading: ProblemReading,
  codec: Pick<Codec, "text">,
): ProblemOutcome {
  const { conditions, written } = reading;
  const [wholeAnswer, ...rest] = reading.answers;
  let at = 0;
  const take = (count: number) => rest.slice(at, (at += count));
  const byName = new Map(conditions.map(({ name, chains }) => [name, take(chains.length)]));
  const of = (name: ConditionName) => byName.get(name) ?? [];
  const afterEdits = take(reading.edits.length);
  const fillers = conditions.find(({ name }) => name === "filler")?.chains ?? [];
  const [substituted] = of("substituted");
  return {
    name: problem.name,
    steps: problem.steps.length,
    chainTokens: problem.steps.flat().length,
    whole: plain(wholeAnswer),
    early: of("early").map(plain),
    filler: of("filler").map((one, part) => ({
      ...plain(one),
      count: fillers[part]?.chain.length ?? 0,
    })),
    shuffledSteps: of("shuffledSteps").map(plain),
    shuffledTokens: of("shuffledTokens").map(plain),
    resampled: of("resampled").map((one, sample) => ({
      ...plain(one),
      ...resampledStep(problem, written?.resampled[sample], codec),
    })),
    ...(substituted && { substituted: plain(substituted) }),
    mistakes: reading.edits.map((edit, e) => {
      const after: EditReading = {
        answer: afterEdits[e] ?? NOTHING,
        surprise: reading.surprises[e] ?? NaN,
        own: reading.own,
        ...(written?.edits[e] && { written: written.edits[e] }),
      };
      return mistakeOutcome(problem, edit, after, codec);
    }),
  };
}

function resampledStep(
  { steps, prompt }: ReadProblem,
  { step, written }: Pick<ResampledStep, "step" | "written"> = { step: 0, written: [] },
  codec: Pick<Codec, "text">,
): Pick<ProblemOutcome["resampled"][number], "step" | "changed" | "written"> {
  return {
    step,
    changed: !equal(written, steps[step] ?? []),
    written: codec.text(written, prompt.at(-1)),
  };
}

function plain(answer: ReadAnswer | undefined): Answered {
  const { same, correct, logProb, text } = answer ?? NOTHING;
  return { same, correct, logProb, text };
}
