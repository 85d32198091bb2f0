/** Which labelled tokens probes are fitted on, and which they are tested on: the same ones for the same seed. */
import { VitrineError } from "../../../protocol/errors";
import type { LabelledToken, ProbeRequest } from "../../../protocol/sae/saeEvaluation";
import { seededIndex } from "../../../random/seededIndex";

export interface Split {
  /** Indices of labels, in order. */
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/** By token the share is taken of each label; by context whole contexts go to one side. */
export function splitLabels(
  labels: readonly LabelledToken[],
  { testShare, splitBy, seed }: Pick<ProbeRequest, "testShare" | "splitBy" | "seed">,
): Split {
  const indices = [...labels.keys()];
  const isTest = new Set<number>();
  if (splitBy === "context") {
    const contexts = [...new Set(labels.map(({ context }) => context))];
    const drawn = new Set(draw(contexts, testShare, seed));
    for (const [i, { context }] of labels.entries()) if (drawn.has(context)) isTest.add(i);
  } else {
    for (const label of [true, false]) {
      const same = indices.filter((i) => labels[i]?.label === label);
      for (const i of draw(same, testShare, seed + (label ? 1 : 0))) isTest.add(i);
    }
  }
  const train = indices.filter((i) => !isTest.has(i));
  for (const label of [true, false]) {
    if (train.some((i) => labels[i]?.label === label)) continue;
    throw new VitrineError(
      "Unsupported",
      `A probe needs tokens with the label and without it to learn from; of ${train.length} training tokens none is ${label ? "with" : "without"} it. Label more tokens${splitBy === "context" ? ", or split by token" : ""}.`,
    );
  }
  return { train, test: indices.filter((i) => isTest.has(i)) };
}

/** A share of a list, at least one and never all, where there is a share to take. */
function draw<T>(list: readonly T[], share: number, seed: number): T[] {
  const left = [...list];
  const most = Math.max(0, list.length - 1);
  const count = share > 0 ? Math.min(most, Math.max(1, Math.round(share * list.length))) : 0;
  return Array.from({ length: count }, (_, i) =>
    left.splice(seededIndex(Math.imul(seed + 1, 65_537) + i, left.length), 1),
  ).flat();
}
