/** Which steps the labels of a file are about. */

/** Tells one list of steps from another; never 0 (FNV-1a, 32 bit). */
export function signatureOf(steps: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const step of steps) {
    for (let i = 0; i < step.length; i++) hash = Math.imul(hash ^ step.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ 0x1f, 0x01000193);
  }
  return hash >>> 0 || 1;
}
