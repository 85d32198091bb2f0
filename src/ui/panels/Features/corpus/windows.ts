/** A part of a text around one of its tokens. */

/** At most `most` positions with `around` near their middle: [first, end). */
export function windowAround(count: number, around: number, most: number): readonly [number, number] {
  const first = Math.max(0, Math.min(around - Math.floor(most / 2), count - most));
  return [first, Math.min(count, first + most)];
}
