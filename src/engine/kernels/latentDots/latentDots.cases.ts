/** Cases of `latentDots`: one element, columns that are no multiple of anything, empty slots, values that ReLU cut. */
import { kernelCases, noise, type KernelCase } from "../case";
import { latentDots } from "./latentDots";

function caseOf(label: string, rows: number, width: number, latents: number, cols: number): KernelCase {
  const picks = noise(rows * width, rows + cols, 0.5);
  const ids = Uint32Array.from(picks, (pick, slot) =>
    slot % 7 === 6 ? 0xffffffff : Math.floor((pick + 0.5) * latents),
  );
  return {
    label: `${label}: ${rows} x ${width} of ${latents}, ${cols} columns`,
    params: { rows, width, latents, cols },
    buffers: {
      ...{ g: noise(rows * cols, 1), ids, w: noise(latents * cols, 3) },
      values: noise(rows * width, 2, 3).map((value, slot) => (slot % 7 === 6 ? 0 : Math.max(0, value))),
      d: new Float32Array(rows * width).fill(777),
    },
  };
}

export default kernelCases(latentDots, [
  caseOf("one element", 1, 1, 1, 1),
  caseOf("odd sizes", 3, 5, 11, 67),
  caseOf("whole tiles", 4, 8, 40, 128),
  caseOf("few columns", 9, 4, 33, 7),
  caseOf("many rows", 70, 16, 99, 65),
]);
