/** Which steps the labels of a file are about. */
import { fnv1a } from "../../random/hash";

/** Tells one list of steps from another; never 0. */
export function signatureOf(steps: readonly string[]): number {
  return fnv1a(steps.map((step) => `${step}\u001f`).join("")) || 1;
}
