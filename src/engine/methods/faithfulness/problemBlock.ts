/**
 * The tests of a block of problems, over a reader.
 *
 *   1. the answer after the whole chain is written greedily, as many tokens as the reference has: what "same" means
 *   2. what the model writes is written: the rest of a chain after an edit, up to the words before the answer (else to
 *      twice the chain's length); one step again after what stood before it, up to its own last token (else to twice
 *      its length)
 *   3. every condition's answer is read: all of them together, and where it is another and has several tokens, it is
 *      written out greedily
 *   4. the surprise at an edit is read off the text before it
 */
import type { FaithfulnessRequest, FaithfulnessTest, ProblemOutcome } from "../../../protocol/faithfulness";
import { FAITHFULNESS_TESTS } from "../../../protocol/faithfulness";
import { early, filler, resampledSteps, shuffledSteps, shuffledTokens } from "./conditions";
import { seedAt } from "../../../random/seedAt";
import { endsWith } from "./modelReader";
import { firstTokens, inPlaceOf, otherTokens, type ConditionChain } from "./origins";
import {
  problemOutcome,
  type Condition,
  type ConditionName,
  type ProblemReading,
  type ProblemWriting,
  type ReadAnswer,
} from "./problemOutcome";
import { equal, uptoEdit, wholeText, type Codec, type ReadEdit, type ReadProblem } from "./problems";
import type { ChainReader, Group, Reading, WriteRow } from "./reader";
import { readSurprises } from "./surprises";

export interface TestOptions extends Pick<FaithfulnessRequest, "samples" | "temperature" | "seed" | "tests"> {
  readonly fillerId: number;
}

/** Which draws are which: each kind has its own counters. */
const DRAWS = { steps: 1, tokens: 2, which: 3, written: 4 } as const;

type Chain = readonly number[];

export class ProblemBlock {
  readonly #tests: ReadonlySet<FaithfulnessTest>;

  constructor(
    private readonly reader: ChainReader,
    private readonly codec: Pick<Codec, "text">,
    private readonly options: TestOptions,
  ) {
    this.#tests = new Set(options.tests ?? FAITHFULNESS_TESTS);
  }

  /** `first`: the number of the first of them among all problems: draws differ between problems, not between blocks. */
  async run(problems: readonly ReadProblem[], first: number): Promise<ProblemOutcome[]> {
    const whole = problems.map(wholeText);
    const own = await this.#ownAnswers(problems, whole);
    const edits = problems.map((problem) => (this.#tests.has("mistakes") ? problem.edits : []));
    const written = await this.#write(problems, whole, edits, first);
    const conditions = problems.map((problem, i) => this.#conditions(problem, first + i, written[i]));
    const answers = await this.#answers(
      problems,
      whole,
      own,
      problems.map((problem, i) => [
        firstTokens(problem.steps.flat()),
        ...(conditions[i] ?? []).flatMap(({ chains }) => chains),
        ...(edits[i] ?? []).map(
          (edit, e) => written[i]?.edits[e]?.chain ?? inPlaceOf(problem.steps, edit.steps),
        ),
      ]),
    );
    const surprises = await readSurprises(this.reader, whole, edits);
    return problems.map((problem, i) => {
      const reading: ProblemReading = {
        edits: edits[i] ?? [],
        conditions: conditions[i] ?? [],
        written: written[i],
        own: own[i] ?? [],
        answers: answers[i] ?? [],
        surprises: surprises[i] ?? [],
      };
      return problemOutcome(problem, reading, this.codec);
    });
  }

  /** What the model answers after the whole chain. */
  async #ownAnswers(problems: readonly ReadProblem[], whole: readonly Chain[]): Promise<Chain[]> {
    const written = await this.reader.write(
      problems.map((problem, i) => {
        const tokens = whole[i] ?? [];
        const row = { tokens, most: problem.answer.length, temperature: 0, seed: 0, until: [] };
        return { base: tokens, rows: [row] };
      }),
    );
    return written.map(([tokens]) => tokens ?? []);
  }

  /** What the model writes for each problem: after edits that ask for it, and in place of drawn steps. */
  async #write(
    problems: readonly ReadProblem[],
    whole: readonly Chain[],
    edits: readonly (readonly ReadEdit[])[],
    first: number,
  ): Promise<ProblemWriting[]> {
    const { samples, temperature, seed } = this.options;
    const groups = problems.map((problem, i): Group<WriteRow> & { readonly steps: readonly number[] } => {
      const regenerated = (edits[i] ?? []).filter(({ edit }) => edit.after === "regenerated");
      const length = problem.steps.flat().length;
      const steps = this.#tests.has("resample")
        ? resampledSteps(problem, samples, seedAt(seed, DRAWS.which, first + i))
        : [];
      return {
        base: whole[i] ?? [],
        steps,
        rows: [
          ...regenerated.map((edit) => ({
            tokens: uptoEdit(problem, edit),
            ...{ most: 2 * length + problem.prefix.length, temperature: 0, seed: 0, until: [problem.prefix] },
          })),
          ...steps.map((step, sample) => ({
            tokens: [...problem.prompt, ...problem.steps.slice(0, step).flat()],
            ...{ most: 2 * (problem.steps[step]?.length ?? 0), temperature },
            seed: seedAt(seed, DRAWS.written, first + i, sample),
            until: [(problem.steps[step] ?? []).slice(-1)],
          })),
        ],
      };
    });
    const written = await this.reader.write(groups);
    return problems.map((problem, i) => {
      let at = 0;
      const next = () => written[i]?.[at++] ?? [];
      return {
        edits: (edits[i] ?? []).map((edit) => {
          if (edit.edit.after !== "regenerated") return undefined;
          const tokens = next();
          const finished = endsWith(tokens, problem.prefix);
          const rest = finished ? tokens.slice(0, -problem.prefix.length) : tokens;
          const given = uptoEdit(problem, edit).slice(problem.prompt.length);
          const from = [...given.keys(), ...otherTokens(rest.length, given.length)];
          return { chain: { chain: [...given, ...rest], from }, written: rest, finished };
        }),
        resampled: (groups[i]?.steps ?? []).map((step) => {
          const tokens = next();
          const steps = problem.steps.map((own, s) => (s === step ? tokens : own));
          return { step, chain: inPlaceOf(problem.steps, steps), written: tokens };
        }),
      };
    });
  }

  /** Every condition of a problem, in the order in which its answers are read. */
  #conditions(problem: ReadProblem, number: number, written: ProblemWriting | undefined): Condition[] {
    const { samples, seed, fillerId } = this.options;
    const has = (test: FaithfulnessTest, name: ConditionName, make: () => readonly ConditionChain[]) =>
      this.#tests.has(test) ? [{ name, chains: make() }] : [];
    const at = (draw: number) => seedAt(seed, draw, number);
    return [
      ...has("early", "early", () => early(problem)),
      ...has("filler", "filler", () => filler(problem, fillerId)),
      ...has("shuffle", "shuffledSteps", () => shuffledSteps(problem, samples, at(DRAWS.steps))),
      ...has("shuffle", "shuffledTokens", () => shuffledTokens(problem, samples, at(DRAWS.tokens))),
      ...has("resample", "resampled", () => (written?.resampled ?? []).map(({ chain }) => chain)),
      ...has("substitute", "substituted", () =>
        problem.substituted ? [inPlaceOf(problem.steps, problem.substituted)] : [],
      ),
    ];
  }

  async #answers(
    problems: readonly ReadProblem[],
    whole: readonly Chain[],
    own: readonly Chain[],
    chains: readonly (readonly ConditionChain[])[],
  ): Promise<ReadAnswer[][]> {
    const text = (i: number, { chain, from }: ConditionChain) => {
      const { prompt = [], prefix = [] } = problems[i] ?? {};
      const cue = (whole[i]?.length ?? 0) - prefix.length;
      const origins = [
        ...prompt.keys(),
        ...from.map((place) => prompt.length + place),
        ...prefix.map((_, t) => cue + t),
      ];
      return { tokens: [...prompt, ...chain, ...prefix], origins };
    };
    const readings = await this.reader.read(
      problems.map((_, i) => ({
        base: whole[i] ?? [],
        rows: (chains[i] ?? []).map((chain) => ({ ...text(i, chain), target: own[i] ?? [] })),
      })),
    );
    const isSame = (i: number, reading: Reading | undefined) =>
      (own[i] ?? []).every((token, place) => reading?.best[place] === token);
    // Of another answer the first tokens are known; with several, the rest is written.
    const others = problems.map((_, i) =>
      (own[i] ?? []).length < 2
        ? []
        : (chains[i] ?? []).flatMap((chain, c) => (isSame(i, readings[i]?.[c]) ? [] : [{ chain, c }])),
    );
    const written = await this.reader.write(
      problems.map((problem, i) => ({
        base: whole[i] ?? [],
        rows: (others[i] ?? []).map(({ chain }) => ({
          ...text(i, chain),
          ...{ most: problem.answer.length, temperature: 0, seed: 0, until: [] },
        })),
      })),
    );
    return problems.map((problem, i) => {
      const late = new Map((others[i] ?? []).map(({ c }, place) => [c, written[i]?.[place] ?? []]));
      return (chains[i] ?? []).map((_, c) => {
        const reading = readings[i]?.[c];
        const same = isSame(i, reading);
        const tokens = same ? (own[i] ?? []) : (late.get(c) ?? reading?.best ?? []);
        return {
          ...{ tokens, same },
          correct: equal(tokens, problem.answer),
          logProb: (reading?.logProbs ?? []).reduce((sum, value) => sum + value, 0),
          text: this.codec.text(tokens, problem.prefix.at(-1)),
        };
      });
    });
  }
}
