/**
 * Taking a latent out of what an autoencoder writes, its error term kept: x − a · d at some positions, where d is the
 * latent's decoder row and a its value there, in the units of x.
 */
import type { AffineChange } from "../../../protocol/interventions";
import type { Site } from "../../../protocol/sites";

export interface LatentAt {
  readonly position: number;
  /** value · what the autoencoder's input scheme is undone with there. */
  readonly amount: number;
}

export function withoutLatent(site: Site, row: Float32Array, at: readonly LatentAt[]): AffineChange {
  const values = new Float32Array(at.length * row.length);
  at.forEach(({ amount }, n) =>
    values.set(
      row.map((weight) => -amount * weight),
      n * row.length,
    ),
  );
  return { kind: "affine", site, keep: 1, values, valuePositions: at.map(({ position }) => position) };
}
