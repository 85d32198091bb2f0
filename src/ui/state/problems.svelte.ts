/**
 * Problems with known labels from the visitor's files: the one on screen, and what its file says of its steps. Labels are
 * flat settings, so that a share link carries them; they are shown while the steps are those of the file.
 */
import { VitrineError } from "../../protocol/errors";
import type { Problem, ProblemSet } from "../../client/problems/problem";
import type { ChainState } from "./chain/chain.svelte";
import type { Example } from "../../client/examples";
import type { Views } from "./views.svelte";
import { signatureOf } from "../../client/problems/stepSignature";

const DEFAULTS = {
  name: "",
  file: "",
  /** Of the steps that the labels are about; 0: there are none. */
  signature: 0,
  /** Counted from 0; -1: no step is wrong; -2: not said. */
  firstError: -2,
  /** "right", "wrong", or nothing. */
  answer: "",
  importance: "",
  labels: [] as readonly string[],
} as const;

interface Owner {
  readonly views: Views;
  readonly chain: ChainState;
  showExample(example: Example): void;
}

export class Problems {
  set = $state.raw<ProblemSet | undefined>();
  index = $state(0);
  error = $state.raw<string | undefined>();
  /** Of the problem on screen. */
  readonly #said;

  constructor(
    /** Whose they are; the session. */
    private readonly owner: Owner,
  ) {
    this.#said = owner.views.of("Problem", DEFAULTS);
  }

  get current(): Problem | undefined {
    return this.set?.problems[this.index];
  }

  /** What the file says of the chain on screen, as long as its steps are those of the file. */
  readonly labels = $derived.by(() => {
    const said = this.#said;
    if (said.signature === 0) return undefined;
    const { steps } = this.owner.chain;
    return signatureOf(steps.map(({ text }) => text)) === said.signature ? said : undefined;
  });

  /**
   * Opens the set that these files are and shows its first problem. False where they are no problems; what was open stays.
   * With `insist` that is an error, too.
   */
  async open(files: readonly File[], insist = false): Promise<boolean> {
    this.error = undefined;
    const { openProblems } = await import("../files/openProblems");
    const set = await openProblems(files, insist);
    if (!set) return false;
    this.set = set;
    await this.show(0);
    return true;
  }

  /** Shows a problem of the set; beyond its ends nothing happens. */
  async show(index: number): Promise<void> {
    const { set, owner } = this;
    const problem = set?.problems[index];
    if (!set || !problem) return;
    const [{ chainOf }, { labelTexts }] = await Promise.all([
      import("../../client/faithfulness/problemSet"),
      import("../../client/problems/stepLabels"),
    ]);
    const { prompt, steps, answerPrefix, answer } = chainOf(problem);
    this.index = index;
    const { name, firstError = -2, isAnswerCorrect, importanceName = "" } = problem;
    const labels = labelTexts(problem, steps.length);
    Object.assign(this.#said, {
      ...{ name, file: set.name, signature: signatureOf(steps), firstError, labels },
      answer: isAnswerCorrect === undefined ? "" : isAnswerCorrect ? "right" : "wrong",
      importance: importanceName,
    });
    owner.showExample({ title: name, prompt, steps, answerPrefix, answer });
  }

  /** For a file input or a drop: an error is kept in words. */
  async pick(files: readonly File[]): Promise<void> {
    try {
      if (files.length > 0) await this.open(files, true);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.error = error instanceof VitrineError ? error.message : String(error);
    }
  }
}
