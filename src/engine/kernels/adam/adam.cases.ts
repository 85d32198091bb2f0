/** Cases of `adam`: one element, the first step, a late one, decay, a gradient that is clipped, no gradient at all. */
import { kernelCases, noise, type KernelCase } from "../case";
import { adam } from "./adam";

/** Released settings of Gao et al. 2024, but for what a case is about. */
export const ADAM_SAMPLE = {
  ...{ rate: 1e-2, beta1: 0.9, beta2: 0.999, eps: 6.25e-10, decay: 0 },
  ...{ correction1: 0.1, correction2: 0.001, gradientScale: 1 },
};

function caseOf(
  label: string,
  count: number,
  given: Partial<typeof ADAM_SAMPLE> = {},
  scale = 1,
): KernelCase {
  const isFirst = given.correction1 === undefined;
  return {
    label: `${label}: ${count}`,
    params: { count, ...ADAM_SAMPLE, ...given },
    buffers: {
      ...{ g: noise(count, 1, scale), w: noise(count, 2) },
      m: isFirst ? new Float32Array(count) : noise(count, 3, 0.1),
      v: isFirst ? new Float32Array(count) : noise(count, 4, 0.1).map(Math.abs),
    },
  };
}

const LATE = { correction1: 1 - 0.9 ** 50, correction2: 1 - 0.999 ** 50 };

export default kernelCases(adam, [
  caseOf("one element, the first step", 1),
  caseOf("odd, the first step", 67),
  caseOf("a late step", 300, LATE),
  caseOf("decay and clipping", 1029, { ...LATE, decay: 0.1, gradientScale: 0.03, eps: 0.1 }),
  caseOf("no gradient", 9, {}, 0),
]);
