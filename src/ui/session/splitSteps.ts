/**
 * Finds the parts of a written chain of thought: steps (sentences or lines), the cue before the answer, the
 * answer. The parts always join to exactly the text they came from; the visitor can merge, split and edit them.
 */
import type { ChainText } from "../../protocol/chain";

/** What announces an answer; the last one in the text counts. */
const ANSWER_CUES = [
  /####/g,
  /<\/think>/gi,
  /\b(?:final\s+)?answer\b[^:.!?\n]{0,40}:/gi,
  /\b(?:final\s+)?answer(?:\s+is)?/gi,
  /\b(?:so|therefore|thus)\s+the\s+answer\s+is(?:\s*:)?/gi,
];

/** What ends a prompt and begins the thinking. */
const THINK_CUES = [/Think\s*:/g, /<think>/gi, /Let['’]s think step by step[.:]?/gi];

interface Cue {
  readonly start: number;
  readonly end: number;
}

function lastCue(text: string, cues: readonly RegExp[]): Cue | undefined {
  const found = cues.flatMap((cue) =>
    [...text.matchAll(cue)].map((match) => ({ start: match.index, end: match.index + match[0].length })),
  );
  return found.sort((a, b) => b.end - a.end || a.start - b.start)[0];
}

/** Sentences and lines, each with the white space before it. */
export function splitSteps(text: string): string[] {
  // A full stop ends a sentence where white space or the end follows; a line ends where it breaks.
  const pieces = text.match(/[^\n]*?[.!?](?=\s|$)|[^\n]+(?=\n|$)|\n+/g) ?? [];
  const steps: string[] = [];
  let pending = "";
  for (const piece of pieces) {
    pending += piece;
    if (pending.trim() === "") continue;
    steps.push(pending);
    pending = "";
  }
  const last = steps.pop();
  return last === undefined ? (text === "" ? [] : [text]) : [...steps, last + pending];
}

/** Parts of prompt + what was written after it. Without an answer cue everything written is steps. */
export function splitChain(prompt: string, written: string): ChainText {
  const cue = lastCue(written, ANSWER_CUES);
  if (!cue) return { prompt, steps: splitSteps(written), answerPrefix: "", answer: "" };
  const thinking = written.slice(0, cue.start);
  const trailing = /\s*$/.exec(thinking)?.[0].length ?? 0;
  const cut = cue.start - trailing;
  const rest = written.slice(cue.end);
  // The answer is what stands behind the cue, up to the end of its line or sentence.
  const answer = /^\s*\S+(?:[^\S\n]+(?![.!?](?:\s|$))\S+)*/.exec(rest)?.[0] ?? "";
  return {
    prompt,
    steps: splitSteps(written.slice(0, cut)),
    answerPrefix: written.slice(cut, cue.end),
    answer: answer === "" ? rest : answer.replace(/[.!?]+$/, ""),
  };
}

/** Parts of one text that holds prompt, thinking and answer. */
export function splitText(text: string): ChainText {
  const cue = [...THINK_CUES].flatMap((pattern) => [...text.matchAll(pattern)])[0];
  const end = cue ? cue.index + cue[0].length : text.length;
  return splitChain(text.slice(0, end), text.slice(end));
}
