/** Cases of `latentGradient`: latents that nobody uses, one that every row uses, columns that are no multiple of anything. */
import { kernelCases, noise, type KernelCase } from "../case";
import { latentGradient } from "./latentGradient";

/** Slot n of row r holds latent (r · 7 + n · 3) mod latents, and slot 0 always latent 0. */
function caseOf(label: string, rows: number, width: number, latents: number, cols: number): KernelCase {
  const slots = Array.from({ length: latents }, (): number[] => []);
  for (let row = 0; row < rows; row++) {
    for (let n = 0; n < width; n++) {
      const latent = n === 0 ? 0 : 1 + ((row * 7 + n * 3) % Math.max(1, latents - 2));
      slots[latent]?.push(row * width + n);
    }
  }
  const order = Uint32Array.from({ length: rows * width }, (_, e) => slots.flat()[e] ?? 0);
  let at = 0;
  const firsts = Uint32Array.from({ length: latents + 1 }, (_, latent) => {
    const first = at;
    at += slots[latent]?.length ?? 0;
    return first;
  });
  return {
    label: `${label}: ${rows} x ${width} of ${latents}, ${cols} columns`,
    params: { latents, width, cols },
    buffers: {
      ...{ d: noise(rows * width, 1), x: noise(rows * cols, 2), order, firsts },
      dw: new Float32Array(latents * cols).fill(777),
      db: new Float32Array(latents).fill(777),
    },
    tolerance: 2e-5,
  };
}

export default kernelCases(latentGradient, [
  caseOf("one element", 1, 1, 1, 1),
  caseOf("odd sizes", 5, 3, 11, 19),
  caseOf("whole tiles", 8, 4, 32, 64),
  caseOf("many rows", 150, 4, 41, 35),
]);
