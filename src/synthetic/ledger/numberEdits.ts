/**
 * Changes of one number in a chain of thought, as text: the number alone, all that are equal to it from there on, or
 * a symbol in their place. Draws are seeded.
 */
import { Random } from "../../random/random";

/** A number of a step: its place and its text. */
export interface NumberPlace {
  readonly step: number;
  /** Which number of the step it is, from 0. */
  readonly nth: number;
  /** Where it begins in the step's text. */
  readonly start: number;
  readonly text: string;
}

/**
 * What else changes with the number:
 *   single   nothing
 *   repeats  every equal number of the chain that comes after it
 *   symbol   it becomes a symbol, and so does every equal number after it
 */
export const NUMBER_CHANGES = ["single", "repeats", "symbol"] as const;
export type NumberChange = (typeof NUMBER_CHANGES)[number];

const NUMBER = /(?<![\d.])\d+(?:\.\d+)?/g;

export function numbersOf(steps: readonly string[]): NumberPlace[] {
  return steps.flatMap((text, step) =>
    Array.from(text.matchAll(NUMBER), ({ 0: found, index }, nth) => ({
      step,
      nth,
      start: index,
      text: found,
    })),
  );
}

/** The chain with the number at a place replaced, and, but for "single", every equal one behind it. */
export function withNumber(
  steps: readonly string[],
  place: NumberPlace,
  replacement: string,
  change: NumberChange,
): string[] {
  return steps.map((text, step) => {
    if (step < place.step) return text;
    return text.replaceAll(NUMBER, (found, start: number) => {
      const isIt = step === place.step && start === place.start;
      const isBehind = step > place.step || start > place.start;
      return isIt || (change !== "single" && isBehind && found === place.text) ? replacement : found;
    });
  });
}

/** Every number of the chain that is equal to this text becomes the symbol. */
export function withSymbol(steps: readonly string[], number: string, symbol: string): string[] {
  return steps.map((text) => text.replaceAll(NUMBER, (found) => (found === number ? symbol : found)));
}

/** How far a drawn number lies from the one before. */
const FARTHEST = 3;

/** What a number can become: its value plus -3 … 3 but 0, within the bounds, in random order. */
export function otherNumbers(text: string, random: Random, smallest = 0, largest = Infinity): string[] {
  const decimals = text.split(".")[1]?.length ?? 0;
  const offsets = Array.from({ length: 2 * FARTHEST + 1 }, (_, i) => i - FARTHEST).filter((by) => by !== 0);
  return random
    .sample(offsets, offsets.length)
    .map((by) => Number(text) + by)
    .filter((value) => value >= smallest && value <= largest)
    .map((value) => value.toFixed(decimals));
}
