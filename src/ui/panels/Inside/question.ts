/** What is asked: which step of which chain, and how it is taken away. */
import type { AblationMode, ChainText } from "../../../protocol/chain";
import type { Edit } from "../../../protocol/interventions";
import type { Session } from "../../state/session.svelte";

export interface Question {
  readonly step: number;
  /** The other steps as they are toggled. */
  readonly present: readonly boolean[];
  readonly mode: AblationMode;
  readonly fillerId: number;
  readonly text: ChainText;
  readonly addBos: boolean;
  /** How a resampled step is drawn. */
  readonly seed: number;
  readonly temperature: number;
  /** The edits that are on in both runs. */
  readonly edits: readonly Edit[];
}

/** Which step is looked into: the chosen one, else the one that the panel opened with. */
export function chosenStep(chosen: number, opened: number, count: number): number {
  const wanted = chosen >= 0 ? chosen : opened;
  return Math.max(0, Math.min(wanted, count - 1));
}

/** The step that the panel opens with: the one that is pointed at, else the one whose absence changes the answer most. */
export function openingStep(pointed: number | undefined, leaveOneOut: readonly number[] = []): number {
  if (pointed !== undefined) return pointed;
  const sizes = leaveOneOut.map(Math.abs);
  return Math.max(0, sizes.indexOf(sizes.reduce((most, size) => Math.max(most, size), 0)));
}

/** Undefined where there is nothing to ask yet; `missing` says why. */
export function questionOf(session: Session, step: number): Question | undefined {
  const { model, generating, chain, addBos } = session;
  if (!model?.hasTokenizer || generating || chain.steps.length === 0 || chain.answer === "") return undefined;
  const { present, mode, fillerId } = chain;
  const { text } = chain;
  // Another seed is another question only where it is used.
  const { seed, temperature } = mode === "resample" ? chain.settings : { seed: 0, temperature: 1 };
  return { step, present, mode, fillerId, text, addBos, seed, temperature, edits: chain.edits };
}

/** Why nothing is shown, in a sentence. */
export function missing({ model, generating, chain }: Session): string {
  if (!model) return "What a step does inside appears here once a model is loaded.";
  if (!model.hasTokenizer) return "Steps are text: they need a model with a tokenizer.";
  if (generating) return "The model is writing.";
  if (chain.steps.length === 0) return "There is no chain yet. Press Think, or take an example.";
  if (chain.answer === "") return "The chain has no answer yet. Write it in Chain of thought.";
  return "computing…";
}
