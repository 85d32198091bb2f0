/** The first place where two texts are not the same token; undefined if one only goes on, or neither. */
export function firstDifference(
  a: readonly { readonly id: number }[],
  b: readonly { readonly id: number }[],
): number | undefined {
  const at = a.findIndex(({ id }, i) => id !== b[i]?.id);
  if (at >= 0) return at;
  return b.length > a.length ? a.length : undefined;
}
