/**
 * Problems that the scorecard is measured on, before a model has read them: the chain on screen, a pasted list, or
 * drawn `ledger` problems. What is missing, the chain, the model writes.
 */
import type { ChainText } from "../../protocol/chain";
import { createLedgerProblem, type LedgerOptions } from "../../synthetic/ledger/ledger";
import { ledgerChainAnswer, ledgerQuestion, type LedgerQuestion } from "../../synthetic/ledger/ledgerRule";
import type { Problem } from "../problems/problem";
import { splitSteps } from "../chain/splitSteps";

export interface SetProblem {
  readonly name: string;
  /** Without steps: the model writes them, and the words before the answer. */
  readonly chain: ChainText;
  /** Of `ledger` problems: the rule says what follows from an edited chain. */
  readonly question?: LedgerQuestion;
  /** A value that the answer takes if it follows an edit, typed by the visitor. */
  readonly follows?: string;
}

export interface PastedProblems {
  readonly problems: readonly SetProblem[];
  /** What could not be read, with its line. */
  readonly bad: readonly string[];
}

export const MOST_PROBLEMS = 500;
/** What stands before the answer where a pasted problem does not say. */
export const USUAL_PREFIX = " Answer :";

/** `own`: the model writes the chains; else they are the generator's. */
export function drawProblems(
  count: number,
  seed: number,
  options: LedgerOptions,
  own: boolean,
): SetProblem[] {
  return Array.from({ length: Math.min(count, MOST_PROBLEMS) }, (_, i) => {
    const {
      prompt,
      steps,
      answerPrefix,
      answer,
      kind,
      asked,
      seed: drawn,
    } = createLedgerProblem(seed + i, options);
    return {
      name: `ledger ${drawn}`,
      chain: { prompt, steps: own ? [] : steps.map(({ text }) => text), answerPrefix, answer },
      question: { kind, asked },
    };
  });
}

/** The chain on screen; where it is one of the `ledger` language, its rule says what follows from an edit. */
export function currentProblem(chain: ChainText, follows = ""): SetProblem {
  return withQuestion({
    name: "the chain on screen",
    chain,
    ...(follows.trim() && { follows: spaced(follows.trim()) }),
  });
}

/** A problem of a file as a chain: a text that the file does not cut is cut into sentences. */
export function chainOf({ prompt, steps, chainText, answerPrefix, answer }: Problem): ChainText {
  return {
    prompt,
    steps: chainText === undefined ? steps : splitSteps(spaced(chainText)),
    answerPrefix: answerPrefix ?? USUAL_PREFIX,
    answer,
  };
}

/** A problem of a file; where it is one of the `ledger` language, its rule says what follows from an edit. */
export function fileProblem(problem: Problem): SetProblem {
  const { name, follows } = problem;
  return withQuestion({ name, chain: chainOf(problem), ...(follows !== undefined && { follows }) });
}

function withQuestion(problem: SetProblem): SetProblem {
  const { steps, answerPrefix } = problem.chain;
  const question = ledgerQuestion(answerPrefix);
  return question && ledgerChainAnswer(question, steps) !== undefined ? { ...problem, question } : problem;
}

/**
 * JSONL: {"problem", "answer", and optional "chain" (text, or a list of steps), "answerPrefix", "follows"} a line.
 * Otherwise blocks with blank lines between them: the first line is the problem, the last one the answer, what is
 * between them the chain.
 */
export function parseProblems(text: string): PastedProblems {
  const isJson = /^\s*\{/.test(text);
  const { problems, bad } = isJson ? parseLines(text) : parseBlocks(text);
  if (problems.length <= MOST_PROBLEMS) return { problems, bad };
  const left = `Only the first ${MOST_PROBLEMS} of ${problems.length} problems are taken.`;
  return { problems: problems.slice(0, MOST_PROBLEMS), bad: [...bad, left] };
}

function parseLines(text: string): PastedProblems {
  const problems: SetProblem[] = [];
  const bad: string[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const problem = readLine(line, `line ${i + 1}`);
    if (typeof problem === "string") bad.push(`line ${i + 1}: ${problem}`);
    else problems.push(problem);
  }
  return { problems, bad };
}

/** The problem, or what is wrong. */
function readLine(line: string, name: string): SetProblem | string {
  let given: unknown;
  try {
    given = JSON.parse(line);
  } catch {
    return "this is not JSON";
  }
  if (typeof given !== "object" || given === null) return "this is not an object";
  const {
    problem,
    answer,
    chain = [],
    answerPrefix = USUAL_PREFIX,
    follows,
  } = given as Record<string, unknown>;
  if (typeof problem !== "string" || problem.trim() === "") return "“problem” has to be a text";
  if (typeof answer !== "string" && typeof answer !== "number")
    return "“answer” has to be a text or a number";
  const steps = typeof chain === "string" ? splitSteps(chain) : chain;
  if (!Array.isArray(steps) || !steps.every((step) => typeof step === "string"))
    return "“chain” has to be a text or a list of texts";
  if (typeof answerPrefix !== "string" || answerPrefix.trim() === "")
    return "“answerPrefix” has to be a text";
  if (follows !== undefined && typeof follows !== "string" && typeof follows !== "number")
    return "“follows” has to be a text or a number";
  return problemOf(name, problem, steps as string[], answerPrefix, String(answer), follows);
}

function parseBlocks(text: string): PastedProblems {
  const problems: SetProblem[] = [];
  const bad: string[] = [];
  let at = 0;
  const lines = text.split("\n");
  while (at < lines.length) {
    if (lines[at]?.trim() === "") {
      at++;
      continue;
    }
    const end = lines.findIndex((line, i) => i > at && line.trim() === "");
    const block = lines.slice(at, end < 0 ? lines.length : end).map((line) => line.trim());
    const name = `line ${at + 1}`;
    if (block.length < 2) bad.push(`${name}: a block needs a problem and, in its last line, an answer`);
    else {
      const [first = "", ...rest] = block;
      const answer = rest.pop() ?? "";
      problems.push(
        problemOf(
          name,
          first,
          rest.flatMap((line) => splitSteps(line)),
          USUAL_PREFIX,
          answer,
        ),
      );
    }
    at += block.length;
  }
  return { problems, bad };
}

const spaced = (text: string) => (/^\s/.test(text) ? text : ` ${text}`);

/** Steps, the words before the answer and the answer begin with white space, as text that follows other text. */
function problemOf(
  name: string,
  problem: string,
  steps: readonly string[],
  answerPrefix: string,
  answer: string,
  follows?: string | number,
): SetProblem {
  const chain = {
    prompt: problem.trimEnd(),
    steps: steps.map(spaced),
    answerPrefix: spaced(answerPrefix),
    answer: spaced(answer.trim()),
  };
  return withQuestion({ name, chain, ...(follows !== undefined && { follows: spaced(String(follows)) }) });
}
