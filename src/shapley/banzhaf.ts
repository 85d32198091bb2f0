/** Banzhaf values: the mean marginal over all sets without the player, each set alike. Every value must be known. */
export function banzhafFromValues(values: Float64Array, n: number): number[] {
  return Array.from({ length: n }, (_, i) => {
    const sum = values.reduce(
      (total, value, coalition) => total + ((coalition >> i) & 1 ? value : -value),
      0,
    );
    return sum / 2 ** (n - 1);
  });
}
