/** Reference of `adamUnitRows`, in f64. */
import { adamMoved, type AdamNumbers, type AdamViews } from "../adam/adam.ref";

interface Sizes {
  readonly rows: number;
  readonly cols: number;
}

export function adamUnitRowsReference(
  views: AdamViews,
  { rows, cols, ...numbers }: AdamNumbers & Sizes,
): void {
  const { g, w } = views;
  for (let first = 0; first < rows * cols; first += cols) {
    const places = Array.from({ length: cols }, (_, c) => first + c);
    const gradients = places.map((i) => (g[i] ?? 0) * numbers.gradientScale);
    const along = places.reduce((sum, i, c) => sum + (gradients[c] ?? 0) * (w[i] ?? 0), 0);
    const moved = places.map((i, c) =>
      adamMoved(views, i, (gradients[c] ?? 0) - along * (w[i] ?? 0), numbers),
    );
    const length = Math.hypot(...moved) || 1;
    places.forEach((i, c) => (w[i] = (moved[c] ?? 0) / length));
  }
}
