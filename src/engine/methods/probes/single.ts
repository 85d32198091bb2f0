/**
 * A logistic probe on one number, fitted by Newton's method in f64, and a bound that no such probe can beat.
 *
 *   u = (value − mean) / standard deviation;  minimise  mean −log p(label | w u + b) + ridge / 2 · w²
 *
 * A column is given by its entries that are not 0: latents are 0 nearly everywhere, and those count as one group.
 *
 * The bound: p rises with the value or falls with it. The best of all functions that do is found exactly by pooling
 * adjacent violators (Ayer et al. 1955); a logistic curve is one of them.
 */
export interface Column {
  /** What is not 0, and its labels (0 or 1). */
  readonly values: Float64Array;
  readonly labels: Uint8Array;
  readonly zeros: { readonly n: number; readonly positives: number };
}

export interface SingleFit {
  /** In units of the values. */
  readonly weight: number;
  readonly bias: number;
  /** Mean −log p of the labels, nats, without the ridge. */
  readonly loss: number;
}

const MAX_STEPS = 100;
const MAX_HALVINGS = 60;
/** Half of the squared Newton decrement: about what is left to gain. */
const CONVERGED = 1e-15;

/** log(1 + exp(x)). */
export const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
export const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** −log p of a label at logit x. */
export const labelLoss = (x: number, label: number) => softplus(label ? -x : x);

export function fitSingle({ values, labels, zeros }: Column, ridge: number): SingleFit {
  const n = values.length + zeros.n;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, zeros.n * mean ** 2);
  const std = Math.sqrt(squares / n);
  const positives = labels.reduce((sum, label) => sum + label, zeros.positives);
  let [w, b] = [0, Math.log(positives / (n - positives))];
  if (!(std > 0)) return { weight: 0, bias: b, loss: entropy(n, positives) / n };
  const units = values.map((value) => (value - mean) / std);
  const zero = -mean / std;

  const lossAt = (w: number, b: number) => {
    let sum = 0;
    for (const [i, u] of units.entries()) sum += labelLoss(w * u + b, labels[i] ?? 0);
    const atZero = w * zero + b;
    sum += zeros.positives * softplus(-atZero) + (zeros.n - zeros.positives) * softplus(atZero);
    return sum / n;
  };
  const objective = (w: number, b: number) => lossAt(w, b) + (ridge / 2) * w * w;

  let now = objective(w, b);
  for (let step = 0; step < MAX_STEPS; step++) {
    let [gw, gb, hww, hwb, hbb] = [0, 0, 0, 0, 0];
    const count = (u: number, times: number, positive: number) => {
      const p = sigmoid(w * u + b);
      const [error, curve] = [times * p - positive, times * p * (1 - p)];
      gw += error * u;
      gb += error;
      hww += curve * u * u;
      hwb += curve * u;
      hbb += curve;
    };
    for (const [i, u] of units.entries()) count(u, 1, labels[i] ?? 0);
    count(zero, zeros.n, zeros.positives);
    [gw, gb, hww, hwb, hbb] = [gw / n + ridge * w, gb / n, hww / n + ridge, hwb / n, hbb / n];
    const determinant = hww * hbb - hwb * hwb;
    const dw = (hbb * gw - hwb * gb) / determinant;
    const db = (hww * gb - hwb * gw) / determinant;
    const decrement = gw * dw + gb * db;
    if (!(decrement / 2 > CONVERGED)) break;
    let size = 1;
    let next = objective(w - dw, b - db);
    for (let i = 0; i < MAX_HALVINGS && !(next <= now - 1e-4 * size * decrement); i++) {
      size /= 2;
      next = objective(w - size * dw, b - size * db);
    }
    if (!(next < now)) break;
    [w, b, now] = [w - size * dw, b - size * db, next];
  }
  return { weight: w / std, bias: b + w * zero, loss: lossAt(w, b) };
}

/** Mean −log p that no probability which only rises, or only falls, with the value can go below. */
export function monotoneBound({ values, labels, zeros }: Column): number {
  const order = [...values.keys()].sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const groups: Group[] = [];
  let last = NaN;
  const put = (value: number, n: number, positives: number) => {
    const group = groups.at(-1);
    if (group && value === last) {
      group.n += n;
      group.positives += positives;
    } else groups.push({ n, positives });
    last = value;
  };
  let zerosPut = zeros.n === 0;
  for (const i of order) {
    const value = values[i] ?? 0;
    if (!zerosPut && value >= 0) {
      put(0, zeros.n, zeros.positives);
      zerosPut = true;
    }
    put(value, 1, labels[i] ?? 0);
  }
  if (!zerosPut) put(0, zeros.n, zeros.positives);
  return Math.min(pooled(groups), pooled(groups.reverse())) / (values.length + zeros.n);
}

interface Group {
  n: number;
  positives: number;
}

/** Σ −log p of the best probabilities that do not fall from group to group. */
function pooled(groups: readonly Group[]): number {
  const pools: Group[] = [];
  for (const group of groups) {
    let pool = { ...group };
    for (let before = pools.at(-1); before; before = pools.at(-1)) {
      if (before.positives * pool.n < pool.positives * before.n) break;
      pool = { n: pool.n + before.n, positives: pool.positives + before.positives };
      pools.pop();
    }
    pools.push(pool);
  }
  return pools.reduce((sum, { n, positives }) => sum + entropy(n, positives), 0);
}

/** Σ −log p of n labels at their own share of positives. */
export function entropy(n: number, positives: number): number {
  const term = (count: number) => (count > 0 ? -count * Math.log(count / n) : 0);
  return term(positives) + term(n - positives);
}
