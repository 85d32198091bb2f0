/**
 * Shapley values as a weighted least squares fit of an additive game, whose weights sum to v(all) - v(none) (KernelSHAP:
 * Lundberg & Lee 2017), on coalitions drawn by their weight, each with its complement (Covert & Lee 2021). Standard errors
 * are those of the fit with unequal variances (White 1980).
 */
import { Draws } from "./draws";
import type { Estimates, Estimator } from "./estimator";
import { withBounds } from "./permutations";

export interface PairedRegressionAsk {
  readonly n: number;
  readonly width: number;
  readonly seed: number;
  readonly resamples: number;
}

export function createPairedRegression(ask: PairedRegressionAsk): Estimator {
  return new PairedRegression(ask);
}

class PairedRegression implements Estimator {
  readonly #draws: Draws;
  #asked: boolean[][] = [];
  #all: Float64Array | undefined;
  #none: Float64Array | undefined;
  #begun = false;
  readonly #rows: { readonly present: boolean[]; readonly value: Float64Array }[] = [];

  constructor(private readonly ask: PairedRegressionAsk) {
    this.#draws = new Draws(ask.seed);
  }

  next(most: number): boolean[][] {
    const { n } = this.ask;
    this.#asked = [];
    if (!this.#begun) {
      this.#begun = true;
      this.#asked.push(
        Array.from({ length: n }, () => true),
        Array.from({ length: n }, () => false),
      );
    }
    while (n > 1 && this.#asked.length + 2 <= most) {
      const size = this.#size();
      const members = new Set(this.#draws.order(n).slice(0, size));
      const present = Array.from({ length: n }, (_, i) => members.has(i));
      this.#asked.push(
        present,
        present.map((has) => !has),
      );
    }
    return this.#asked;
  }

  /** 1 to n - 1, as probable as 1 / (size (n - size)). */
  #size(): number {
    const { n } = this.ask;
    const weights = Array.from({ length: n - 1 }, (_, i) => 1 / ((i + 1) * (n - i - 1)));
    let rest = this.#draws.next() * weights.reduce((sum, weight) => sum + weight, 0);
    const found = weights.findIndex((weight) => (rest -= weight) < 0);
    return found < 0 ? n - 1 : found + 1;
  }

  add(values: readonly Float64Array[]): void {
    values.forEach((value, i) => {
      const present = this.#asked[i] ?? [];
      if (present.every(Boolean)) this.#all = value;
      else if (!present.some(Boolean)) this.#none = value;
      else this.#rows.push({ present, value });
    });
  }

  estimates(): Estimates {
    const { n, width } = this.ask;
    const [all, none] = [this.#all, this.#none];
    const phi = new Float64Array(n * width).fill(NaN);
    const error = new Float64Array(n * width).fill(NaN);
    const inverse = all && none ? this.#inverse() : undefined;
    if (!all || !none || !inverse) return withBounds(phi, error);
    const m = n - 1;
    const rows = this.#rows.map(({ present, value }) => {
      const last = Number(present[m]);
      const x = present.slice(0, m).map((has) => Number(has) - last);
      const y = value.map((v, o) => v - (none[o] ?? NaN) - last * ((all[o] ?? NaN) - (none[o] ?? NaN)));
      return { x, y, z: inverse.map((line) => line.reduce((sum, a, j) => sum + a * (x[j] ?? 0), 0)) };
    });
    for (let o = 0; o < width; o++) {
      const fit = Array.from({ length: m }, (_, i) =>
        rows.reduce((sum, { z, y }) => sum + (z[i] ?? 0) * (y[o] ?? NaN), 0),
      );
      const variance = new Float64Array(n);
      for (const { x, y, z } of rows) {
        const residual = (y[o] ?? NaN) - fit.reduce((sum, b, i) => sum + b * (x[i] ?? 0), 0);
        z.forEach((weight, i) => (variance[i] = (variance[i] ?? 0) + (weight * residual) ** 2));
        const sum = z.reduce((total, weight) => total + weight, 0);
        variance[m] = (variance[m] ?? 0) + (sum * residual) ** 2;
      }
      const total = (all[o] ?? NaN) - (none[o] ?? NaN);
      fit.push(total - fit.reduce((sum, b) => sum + b, 0));
      fit.forEach((b, i) => {
        phi[i * width + o] = b;
        error[i * width + o] = Math.sqrt(variance[i] ?? NaN);
      });
    }
    return withBounds(phi, error);
  }

  /** Of the sum of x xᵀ, x = presence minus that of the last player; undefined while it has none. Gauss-Jordan. */
  #inverse(): number[][] | undefined {
    const m = this.ask.n - 1;
    const a = Array.from({ length: m }, (_, i) =>
      Array.from({ length: 2 * m }, (_, j) => Number(j === m + i)),
    );
    for (const { present } of this.#rows) {
      const x = present.slice(0, m).map((has) => Number(has) - Number(present[m]));
      x.forEach((xi, i) => {
        const line = a[i];
        if (line && xi !== 0) x.forEach((xj, j) => (line[j] = (line[j] ?? 0) + xi * xj));
      });
    }
    for (let c = 0; c < m; c++) {
      const size = (r: number) => Math.abs(a[r]?.[c] ?? 0);
      let pivot = c;
      for (let r = c + 1; r < m; r++) if (size(r) > size(pivot)) pivot = r;
      if (size(pivot) < 1e-9) return undefined;
      [a[c], a[pivot]] = [a[pivot] ?? [], a[c] ?? []];
      const line = a[c] ?? [];
      const by = line[c] ?? NaN;
      line.forEach((v, j) => (line[j] = v / by));
      for (const [r, other] of a.entries()) {
        const factor = other[c] ?? 0;
        if (r !== c && factor !== 0) line.forEach((v, j) => (other[j] = (other[j] ?? 0) - factor * v));
      }
    }
    return a.map((line) => line.slice(m));
  }
}
