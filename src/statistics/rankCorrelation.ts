/** Rank correlation. Ties share their mean rank; pairs with NaN are left out. */
export function ranks(values: readonly number[]): number[] {
  const order = values.map((value, i) => ({ value, i })).sort((a, b) => a.value - b.value);
  const result = values.map(() => NaN);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to + 1 < order.length && order[to + 1]?.value === order[from]?.value) to++;
    for (let k = from; k <= to; k++) result[order[k]?.i ?? 0] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return result;
}

/** Spearman's rho, and of how many pairs. NaN where one side does not vary. */
export function spearman(a: readonly number[], b: readonly number[]): { rho: number; n: number } {
  const kept = a.flatMap((x, i) => {
    const y = b[i] ?? NaN;
    return Number.isNaN(x) || Number.isNaN(y) ? [] : [[x, y] as const];
  });
  const n = kept.length;
  const [x, y] = [ranks(kept.map(([one]) => one)), ranks(kept.map(([, other]) => other))];
  const middle = (n + 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [dx, dy] = [(x[i] ?? 0) - middle, (y[i] ?? 0) - middle];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return { rho: xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : NaN, n };
}

/** Kendall's tau-b, which takes ties off both sides, and of how many values. NaN where one side does not vary. */
export function kendallTau(a: readonly number[], b: readonly number[]): { tau: number; n: number } {
  const kept = a.flatMap((x, i) => {
    const y = b[i] ?? NaN;
    return Number.isNaN(x) || Number.isNaN(y) ? [] : [[x, y] as const];
  });
  let [agree, left, right] = [0, 0, 0];
  kept.forEach(([x, y], i) => {
    for (const [u, v] of kept.slice(i + 1)) {
      const [dx, dy] = [Math.sign(x - u), Math.sign(y - v)];
      agree += dx * dy;
      left += Math.abs(dx);
      right += Math.abs(dy);
    }
  });
  return { tau: left > 0 && right > 0 ? agree / Math.sqrt(left * right) : NaN, n: kept.length };
}
