/**
 * Finds the parts of a written chain of thought: steps (sentences or lines), the cue before the answer, the
 * answer. The parts always join to exactly the text they came from; the visitor can merge, split and edit them.
 */
import type { ChainText } from "../../protocol/chain";

/** A chain, and what stood behind its answer: prompt + steps + answerPrefix + answer + rest is the text. */
export interface SplitText extends ChainText {
  readonly rest: string;
}

/** What announces an answer. Where several are found the last one counts. */
const ANSWER_CUES = [
  // "So the answer is", "The final answer is:"
  /(?:\b(?:so|therefore|thus|hence),?\s+)?(?:\b(?:the|my)\s+)?\b(?:final\s+)?answer\s+is\b(?:\s*:)?/gi,
  // "Answer:", "Answer Kim + Ann :"
  /(?:\b(?:the|my)\s+)?\b(?:final\s+)?answer\b[^:.!?\n]{0,40}:/gi,
  /\bAnswer\b/g,
  /####/g,
  /\\boxed\{/g,
];
/** Between two cues that are one: "The answer is $\boxed{". */
const GLUE = /^[\s*$:([]*$/;

/** What ends a prompt and begins the thinking. */
const THINK_CUES = [/\bThink\s*:/g, /<think>/gi, /Let['’]?s think step by step[.:,]?/gi];
const THINK_END = /<\/think>/gi;

interface Cue {
  readonly start: number;
  readonly end: number;
}

function find(text: string, patterns: readonly RegExp[]): Cue[] {
  return patterns.flatMap((pattern) =>
    Array.from(text.matchAll(pattern), ({ 0: found, index }) => ({
      start: index,
      end: index + found.length,
    })),
  );
}

/** The cue that ends last, together with cues right before it. */
function answerCue(text: string): Cue | undefined {
  const cues = find(text, ANSWER_CUES).sort((a, b) => b.end - a.end || a.start - b.start);
  return cues.reduce<Cue | undefined>((last, cue) => {
    if (!last) return cue;
    const isOne = cue.end >= last.start || GLUE.test(text.slice(cue.end, last.start));
    return isOne ? { start: Math.min(cue.start, last.start), end: last.end } : last;
  }, undefined);
}

/** Where thinking ends and where the answer begins, if anything says so. */
function findAnswer(written: string): Cue | undefined {
  const close = find(written, [THINK_END]).at(-1);
  if (!close) return answerCue(written);
  const after = answerCue(written.slice(close.end));
  return { start: close.start, end: close.end + (after?.end ?? 0) };
}

/** A number or bullet that begins a list item is no sentence of its own. */
const BULLET = /^\s*(?:\d{1,3}[.)]|[-*•])$/;

/** Sentences and lines, each with the white space before it. */
export function splitSteps(text: string): string[] {
  // A full stop ends a sentence where white space or the end follows; a line ends where it breaks.
  const pieces = text.match(/[^\n]*?[.!?]["'”’)\]*]*(?=\s|$)|[^\n]+(?=\n|$)|\n+/g) ?? [];
  const steps: string[] = [];
  let pending = "";
  for (const piece of pieces) {
    pending += piece;
    if (pending.trim() === "" || BULLET.test(pending)) continue;
    steps.push(pending);
    pending = "";
  }
  const last = steps.pop();
  return last === undefined ? (text === "" ? [] : [text]) : [...steps, last + pending];
}

/** Lines, each with the white space before it. */
export function splitLines(text: string): string[] {
  const lines = text.match(/\s*[^\n]*\S[^\n]*/g) ?? [];
  const rest = text.slice(lines.join("").length);
  return lines.length === 0
    ? text === ""
      ? []
      : [text]
    : lines.map((line, i) => (i === lines.length - 1 ? line + rest : line));
}

/** Characters behind a cue in which an answer has to end. */
const MAX_ANSWER = 400;

/** The answer is what stands behind the cue, up to the end of its box, sentence or line. */
function answerLength(behind: string, isBoxed: boolean): number {
  const near = behind.slice(0, MAX_ANSWER);
  if (isBoxed) {
    const closing = near.indexOf("}");
    if (closing >= 0) return closing;
  }
  const start = near.length - near.trimStart().length;
  const stop = /[.!?]+["'”’)\]*]*(?=\s|$)|\n/.exec(near.slice(start));
  const end = stop ? start + stop.index : near.length;
  // A lone "." or nothing before the stop: then everything is taken, and the visitor decides.
  return end > start ? near.slice(0, end).trimEnd().length : behind.length;
}

/** Parts of prompt + what was written after it. Without an answer cue everything written is steps. */
export function splitChain(prompt: string, written: string): SplitText {
  const cue = findAnswer(written);
  if (!cue) return { prompt, steps: splitSteps(written), answerPrefix: "", answer: "", rest: "" };
  // White space before the cue and emphasis around it belong to the cue.
  const before = written.slice(0, cue.start);
  const cut = before.replace(/\*{1,3}$/, "").trimEnd().length;
  const end = cue.end + (/^\*+/.exec(written.slice(cue.end))?.[0].length ?? 0);
  const answerPrefix = written.slice(cut, end);
  const behind = written.slice(end);
  const length = answerLength(behind, answerPrefix.endsWith("\\boxed{"));
  return {
    prompt,
    steps: splitSteps(written.slice(0, cut)),
    answerPrefix,
    answer: behind.slice(0, length),
    rest: behind.slice(length),
  };
}

/** Where the prompt ends: at the first think cue; else behind the last question, or the first step. */
function promptLength(text: string): number {
  const [cue] = find(text, THINK_CUES).sort((a, b) => a.start - b.start);
  if (cue) return cue.end;
  const answer = findAnswer(text);
  if (!answer) return text.length;
  const before = text.slice(0, answer.start);
  const question = /^.*\?(?=\s|$)/s.exec(before)?.[0];
  return question?.length ?? splitSteps(before)[0]?.length ?? 0;
}

/** Parts of one text that holds prompt, thinking and answer. */
export function splitText(text: string): SplitText {
  const length = promptLength(text);
  return splitChain(text.slice(0, length), text.slice(length));
}
