/** Reference of `latentGradient`: plain loops, sums in f64. */
interface Views {
  readonly d: Float32Array;
  readonly x: Float32Array;
  readonly order: Uint32Array;
  readonly firsts: Uint32Array;
  readonly dw: Float32Array;
  readonly db: Float32Array;
}

interface Params {
  readonly latents: number;
  readonly width: number;
  readonly cols: number;
}

export function latentGradientReference(
  { d, x, order, firsts, dw, db }: Views,
  { latents, width, cols }: Params,
): void {
  for (let latent = 0; latent < latents; latent++) {
    const slots = order.subarray(firsts[latent], firsts[latent + 1]);
    db[latent] = slots.reduce((sum, slot) => sum + (d[slot] ?? 0), 0);
    for (let c = 0; c < cols; c++) {
      dw[latent * cols + c] = slots.reduce(
        (sum, slot) => sum + (d[slot] ?? 0) * (x[Math.floor(slot / width) * cols + c] ?? 0),
        0,
      );
    }
  }
}
