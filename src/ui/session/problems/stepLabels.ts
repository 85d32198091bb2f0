/** What a file says of each step, in words, and which steps it says it of. */
import type { Problem } from "../../../problems/problem";
import { formatSigned } from "../format";

/** Links carry labels of this many characters, and this many of them. */
const MAX_LABEL = 200;
const MAX_LABELS = 2000;

/** One a step, or none at all: "plan generation · −0.12". */
export function labelTexts({ labels = [] }: Problem, steps: number): string[] {
  if (labels.length !== steps) return [];
  return labels
    .slice(0, MAX_LABELS)
    .map(({ tags = [], importance }) =>
      [
        ...tags.map((tag) => tag.replaceAll("_", " ")),
        ...(importance === undefined ? [] : [formatSigned(importance, 3)]),
      ]
        .join(" · ")
        .slice(0, MAX_LABEL),
    );
}

/** Tells one list of steps from another; never 0 (FNV-1a, 32 bit). */
export function signatureOf(steps: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const step of steps) {
    for (let i = 0; i < step.length; i++) hash = Math.imul(hash ^ step.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ 0x1f, 0x01000193);
  }
  return hash >>> 0 || 1;
}
