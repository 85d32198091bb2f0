/** What a file says of each step, in words. */
import type { Problem } from "./problem";
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
