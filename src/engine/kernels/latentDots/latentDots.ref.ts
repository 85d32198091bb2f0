/** Reference of `latentDots`: plain loops, sums in f64. */
interface Views {
  readonly g: Float32Array;
  readonly ids: Uint32Array;
  readonly values: Float32Array;
  readonly w: Float32Array;
  readonly d: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly width: number;
  readonly latents: number;
  readonly cols: number;
}

export function latentDotsReference(
  { g, ids, values, w, d }: Views,
  { rows, width, latents, cols }: Params,
): void {
  for (let slot = 0; slot < rows * width; slot++) {
    const latent = ids[slot] ?? latents;
    let sum = 0;
    if (latent < latents && (values[slot] ?? 0) > 0) {
      const row = Math.floor(slot / width);
      for (let c = 0; c < cols; c++) sum += (g[row * cols + c] ?? 0) * (w[latent * cols + c] ?? 0);
    }
    d[slot] = sum;
  }
}
