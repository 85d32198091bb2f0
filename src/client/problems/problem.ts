/** Problems with chains of thought as files hold them, some with labels that people or other models gave their steps. */

/** What is known of one step from elsewhere. */
export interface StepLabel {
  /** Categories, such as "plan_generation". */
  readonly tags?: readonly string[];
  /** A number that the file gives for the step; `importanceName` of the problem says which. */
  readonly importance?: number;
}

export interface Problem {
  /** Its id in the file, or its place there. */
  readonly name: string;
  readonly prompt: string;
  /** Each with the white space before it, so that prompt and steps join to the text; none: a model has to write them. */
  readonly steps: readonly string[];
  /** The chain as one text, where the file does not cut it. */
  readonly chainText?: string;
  /** The words before the answer; undefined where the file does not say. */
  readonly answerPrefix?: string;
  readonly answer: string;
  /** A value that the answer takes if it follows a changed number. */
  readonly follows?: string;
  /** The first wrong step, counted from 0; -1: none is wrong. */
  readonly firstError?: number;
  /** Whether the answer that the chain comes to is right. */
  readonly isAnswerCorrect?: boolean;
  /** One a step. */
  readonly labels?: readonly StepLabel[];
  readonly importanceName?: string;
}

export type ProblemLayout = "ProcessBench" | "thought anchors" | "Vitrine";

export interface ProblemSet {
  /** The file's name. */
  readonly name: string;
  readonly layout: ProblemLayout;
  /** At least one. */
  readonly problems: readonly Problem[];
  /** What could not be read, each with its place and what to change. */
  readonly bad: readonly string[];
}

/** A file of problems by its name and what is in it. */
export interface TextFile {
  readonly name: string;
  readonly text: string;
}

/** Larger files are refused before they are read. */
export const MAX_PROBLEM_BYTES = 64_000_000;
export const MAX_PROBLEMS = 10_000;
/** Of one problem. */
export const MAX_PROBLEM_STEPS = 2_000;
export const MAX_PROBLEM_CHARACTERS = 1_000_000;

/** A record of a file with its place, for people: "line 3". */
export interface PlacedRecord {
  readonly place: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** Says what is wrong with one record: the field and the cure. */
export class BadRecord extends Error {}

export function refuse(message: string): never {
  throw new BadRecord(message);
}
