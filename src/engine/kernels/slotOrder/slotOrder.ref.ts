/** References of the four steps; shapes in their shaders. */
interface Sizes {
  readonly rows: number;
  readonly width: number;
  readonly latents: number;
}

const ROWS_PER_MARK = 32;

export function slotMarksReference(
  { ids, marks }: { readonly ids: Uint32Array; readonly marks: Uint32Array },
  { rows, width, latents }: Sizes,
): void {
  marks.fill(0, 0, Math.ceil(rows / ROWS_PER_MARK) * latents);
  for (let row = 0; row < rows; row++) {
    for (let n = 0; n < width; n++) {
      const latent = ids[row * width + n] ?? latents;
      if (latent >= latents) continue;
      const at = Math.floor(row / ROWS_PER_MARK) * latents + latent;
      marks[at] = (marks[at] ?? 0) | (1 << (row % ROWS_PER_MARK));
    }
  }
}

export function slotCountsReference(
  views: { readonly marks: Uint32Array; readonly before: Uint32Array; readonly counts: Uint32Array },
  { blocks, latents }: { readonly blocks: number; readonly latents: number },
): void {
  const { marks, before, counts } = views;
  counts.fill(0, 0, latents);
  for (let block = 0; block < blocks; block++) {
    for (let latent = 0; latent < latents; latent++) {
      const at = block * latents + latent;
      before[at] = counts[latent] ?? 0;
      counts[latent] = (counts[latent] ?? 0) + bitsOf(marks[at] ?? 0);
    }
  }
}

export function slotFirstsReference(
  { counts, firsts }: { readonly counts: Uint32Array; readonly firsts: Uint32Array },
  { latents }: { readonly latents: number },
): void {
  let at = 0;
  for (let latent = 0; latent < latents; latent++) {
    firsts[latent] = at;
    at += counts[latent] ?? 0;
  }
  firsts[latents] = at;
}

/** The obvious way, without the marks: row by row, the next place of each latent. */
export function slotOrderReference(
  views: { readonly ids: Uint32Array; readonly firsts: Uint32Array; readonly order: Uint32Array },
  { rows, width, latents }: Sizes,
): void {
  const { ids, firsts, order } = views;
  const next = firsts.slice(0, latents);
  for (let slot = 0; slot < rows * width; slot++) {
    const latent = ids[slot] ?? latents;
    if (latent >= latents) continue;
    const at = next[latent] ?? 0;
    order[at] = slot;
    next[latent] = at + 1;
  }
}

function bitsOf(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
