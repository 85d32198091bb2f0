/** What a site holds, taken apart into latents, error and bias, each times a gradient; sums are f64. */
import type { SiteParts } from "../../../protocol/gradients/latentAttributions";
import type { AffineChange } from "../../../protocol/interventions";
import type { Site } from "../../../protocol/sites";
import type { LatentAt } from "../../interp/sae/latentAblation";

export interface PlaceParts extends SiteParts {
  readonly position: number;
}

interface Rows {
  readonly width: number;
  /** The positions that there are rows of. */
  readonly kept: readonly number[];
  /** What the site holds [kept, width]. */
  readonly written: Float32Array;
}

/** Steps that have some of the positions, in order. */
export const stepsOf = (positions: readonly number[], stepOf: readonly number[]): number[] =>
  [...new Set(positions.map((position) => stepOf[position] ?? -1))].sort((a, b) => a - b);

export function sumParts(places: readonly SiteParts[]): SiteParts {
  const sum = (name: keyof SiteParts) => places.reduce((total, place) => total + place[name], 0);
  return { latents: sum("latents"), error: sum("error"), bias: sum("bias"), whole: sum("whole") };
}

/** First the latents are written (`reconstruct`), then they are scored with the gradient (`take`); after that, `places`. */
export class Scores {
  readonly #rowOf: ReadonlyMap<number, number>;
  /** Σ amount · decoder row [kept, width]: the reconstruction but for what is written without any latent. */
  readonly #sum: Float64Array;
  readonly #latents = new Map<number, number>();
  #gradient = new Float64Array();

  constructor(
    private readonly rows: Rows,
    private readonly empty: Float32Array,
    private readonly positions: readonly number[],
  ) {
    this.#rowOf = new Map(rows.kept.map((position, row) => [position, row]));
    this.#sum = new Float64Array(rows.written.length);
  }

  reconstruct(at: readonly LatentAt[], row: Float32Array): void {
    for (const { position, amount } of at) {
      const from = this.#from(position);
      row.forEach((weight, i) => (this.#sum[from + i] = (this.#sum[from + i] ?? 0) + amount * weight));
    }
  }

  setGradient(gradient: Float64Array): void {
    this.#gradient = Float64Array.from(gradient);
  }

  /** Of each place: amount · decoder row · gradient. */
  take(at: readonly LatentAt[], row: Float32Array): number[] {
    return at.map(({ position, amount }) => {
      const from = this.#from(position);
      const score =
        amount * row.reduce((sum, weight, i) => sum + weight * (this.#gradient[from + i] ?? 0), 0);
      this.#latents.set(position, (this.#latents.get(position) ?? 0) + score);
      return score;
    });
  }

  /** The active latents of all positions at this share of their values, everything else as it is. */
  atShare(site: Site, share: number): AffineChange {
    const { width } = this.rows;
    const values = new Float32Array(this.positions.length * width);
    this.positions.forEach((position, n) => {
      const from = this.#from(position);
      for (let i = 0; i < width; i++) values[n * width + i] = (share - 1) * (this.#sum[from + i] ?? 0);
    });
    return { kind: "affine", site, keep: 1, values, valuePositions: [...this.positions] };
  }

  get places(): PlaceParts[] {
    const { width, written } = this.rows;
    return this.positions.map((position) => {
      const from = this.#from(position);
      let [whole, bias, error] = [0, 0, 0];
      for (let i = from; i < from + width; i++) {
        const [g, x, none] = [this.#gradient[i] ?? 0, written[i] ?? 0, this.empty[i] ?? 0];
        whole += x * g;
        bias += none * g;
        error += (x - none - (this.#sum[i] ?? 0)) * g;
      }
      return { position, latents: this.#latents.get(position) ?? 0, error, bias, whole };
    });
  }

  #from(position: number): number {
    return (this.#rowOf.get(position) ?? 0) * this.rows.width;
  }
}
