/**
 * Sizes that buffers come in. Rounding up to a class lets a pool hand the same buffer to requests of slightly
 * different size, so that a repeated forward pass creates none.
 */
const SMALLEST_BYTES = 256;
const STEP_BYTES = 4 * 1024 * 1024;

/** The smallest class that holds `sizeBytes`: powers of two up to 4 MiB, then multiples of 4 MiB. */
export function bufferClassBytes(sizeBytes: number): number {
  if (sizeBytes > STEP_BYTES) return Math.ceil(sizeBytes / STEP_BYTES) * STEP_BYTES;
  let bytes = SMALLEST_BYTES;
  while (bytes < sizeBytes) bytes *= 2;
  return bytes;
}
