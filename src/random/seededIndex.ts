/** A seeded draw of one of `count` things: the 32-bit finalizer of MurmurHash3 on the seed, scaled. */
export function seededIndex(seed: number, count: number): number {
  let bits = (seed + 0x9e3779b9) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  bits = (bits ^ (bits >>> 16)) >>> 0;
  return Math.floor((bits / 2 ** 32) * count);
}
