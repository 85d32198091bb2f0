/** A list in random order (Fisher and Yates; Durstenfeld's form, from the end). */
import { seedAt } from "./seedAt";
import { seededIndex } from "./seededIndex";

/** `below` draws a whole number from 0 to `count` - 1. */
export function shuffled<T>(items: readonly T[], below: (count: number) => number): T[] {
  const list = [...items];
  for (let i = list.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [list[i], list[j]] = [list[j] as T, list[i] as T];
  }
  return list;
}

export function shuffledBySeed<T>(items: readonly T[], seed: number): T[] {
  return shuffled(items, (count) => seededIndex(seedAt(seed, count - 1), count));
}
