/** Numbers of a distribution, made of uniform ones. */

/** Standard normal (Box and Muller 1958); u in (0, 1], v in [0, 1). */
export function gaussian(u: number, v: number): number {
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
}

/** Standard Gumbel; u in (0, 1). The largest of logits plus such numbers is a sample of their softmax. */
export function gumbel(u: number): number {
  return -Math.log(-Math.log(u));
}
