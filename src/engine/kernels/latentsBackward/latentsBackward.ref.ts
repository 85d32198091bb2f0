/** Reference of `latentsBackward`, in f64. Shapes in latentsBackward.wgsl. */
interface Views {
  readonly g: Float32Array;
  readonly ids: Uint32Array;
  readonly z: Float32Array;
  readonly spans: Uint32Array;
  readonly changes: Uint32Array;
  readonly amounts: Float32Array;
  readonly gain: Float32Array;
  readonly d: Float32Array;
}

interface Params {
  readonly rows: number;
  readonly own: number;
  readonly latents: number;
  readonly width: number;
  readonly zStride: number;
  readonly dropped: number;
  readonly hasGain: number;
}

export function latentsBackwardReference(views: Views, params: Params): void {
  const { g, ids, z, spans, changes, amounts, gain, d } = views;
  const { rows, own, latents, width, zStride, dropped, hasGain } = params;
  const keep = new Float64Array(latents);
  const value = new Float64Array(latents);
  for (let n = 0; n < rows; n++) {
    const row = n % own;
    const [first = 0, count = 0] = spans.subarray(2 * row, 2 * row + 2);
    keep.fill(dropped && count > 0 ? 1 : 0);
    for (let j = first; j < first + count; j++) {
      const [latent = 0, op = 0] = changes.subarray(2 * j, 2 * j + 2);
      const moved = [-1, -1, (amounts[j] ?? 0) - 1, 0][op] ?? 0;
      keep[latent] = (keep[latent] ?? 0) + moved;
    }
    if (width === 0) value.set(z.subarray(row * zStride, row * zStride + latents));
    else {
      value.fill(0);
      for (let slot = 0; slot < width; slot++) {
        const id = ids[row * width + slot] ?? 0;
        if (id < latents) value[id] = z[row * zStride + slot] ?? 0;
      }
    }
    for (let l = 0; l < latents; l++) {
      const slope = (value[l] ?? 0) === 0 ? 0 : hasGain ? (gain[l] ?? 0) : 1;
      d[n * latents + l] = slope === 0 ? 0 : (g[n * latents + l] ?? 0) * (keep[l] ?? 0) * slope;
    }
  }
}
