/** How well logits tell labels. */
import type { ProbeScore } from "../../../protocol/sae/saeEvaluation";
import { labelLoss } from "./single";

export function probeScore(logits: ArrayLike<number>, labels: readonly number[]): ProbeScore {
  let [loss, right, on, said, both] = [0, 0, 0, 0, 0];
  for (const [i, label] of labels.entries()) {
    const logit = logits[i] ?? NaN;
    const says = logit >= 0 ? 1 : 0;
    loss += labelLoss(logit, label);
    right += says === label ? 1 : 0;
    on += label;
    said += says;
    both += says * label;
  }
  const n = labels.length;
  return {
    loss: loss / n,
    accuracy: right / n,
    precision: both / said,
    recall: both / on,
    f1: (2 * both) / (on + said),
    n,
    positives: on,
  };
}
