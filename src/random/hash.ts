/** Hashes of 32 bits: draws that are named by numbers, in whatever order they are asked for, are made of these. */

/** The fraction of the golden ratio, times 2^32: keeps a seed of 0 from hashing to 0. */
const GOLDEN = 0x9e3779b9;

/** The finalizer of MurmurHash3 (Appleby 2011) on the low 32 bits of a whole number: unsigned, and 0 for 0. */
export function murmurMix(x: number): number {
  let bits = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** 32 bits that look random, unsigned; neighbouring seeds give unrelated ones. */
export function hashSeed(seed: number): number {
  return murmurMix((seed + GOLDEN) | 0);
}

/** FNV-1a (Fowler, Noll and Vo) over the UTF-16 units of a text, unsigned: a short name for a long text. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
