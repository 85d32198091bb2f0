/** How well predictions find the tokens at which something is so. */
import type { Detection } from "../../../protocol/sae/saeEvaluation";

export function detection(
  actual: readonly Float32Array[],
  predicted: readonly Float32Array[],
  isOn: (value: number) => boolean,
): Detection {
  let [on, said, both] = [0, 0, 0];
  for (const [row, values] of actual.entries()) {
    for (const [i, value] of values.entries()) {
      const is = isOn(value);
      const says = isOn(predicted[row]?.[i] ?? 0);
      on += is ? 1 : 0;
      said += says ? 1 : 0;
      both += is && says ? 1 : 0;
    }
  }
  return {
    precision: both / said,
    recall: both / on,
    f1: (2 * both) / (on + said),
    actual: on,
    predicted: said,
    both,
  };
}
