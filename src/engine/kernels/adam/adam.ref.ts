/** Reference of `adam`, in f64. */
export interface AdamNumbers {
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly decay: number;
  readonly correction1: number;
  readonly correction2: number;
  readonly gradientScale: number;
}

export interface AdamViews {
  readonly g: Float32Array;
  readonly w: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

/** Moves one weight by the gradient that it is given; says its new value. */
export function adamMoved({ w, m, v }: AdamViews, i: number, gradient: number, p: AdamNumbers): number {
  const mean = p.beta1 * (m[i] ?? 0) + (1 - p.beta1) * gradient;
  const square = p.beta2 * (v[i] ?? 0) + (1 - p.beta2) * gradient * gradient;
  m[i] = mean;
  v[i] = square;
  const direction = mean / p.correction1 / (Math.sqrt(square / p.correction2) + p.eps);
  return (w[i] ?? 0) - p.rate * (p.decay * (w[i] ?? 0) + direction);
}

export function adamReference(
  views: AdamViews,
  { count, ...numbers }: AdamNumbers & { readonly count: number },
): void {
  const { g, w } = views;
  for (let i = 0; i < count; i++) w[i] = adamMoved(views, i, (g[i] ?? 0) * numbers.gradientScale, numbers);
}
