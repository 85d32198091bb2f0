/** Mutated tokenizer files: each one opens and reads text, or is refused with a VitrineError; none hangs. */
import { expect, it } from "vitest";
import { isJsonObject, type Json } from "../bytes/json";
import { createTokenizer } from "./tokenizer";
import { SAMPLES } from "./tokenizer.samples";
import { randomBelow, type RandomBelow } from "../../../random/lcg";

const MUTATIONS = 6000;
const SLOWEST_MS = 2000;
const HOSTILE: unknown[] = [
  null,
  -1,
  1e308,
  0.5,
  "",
  "\u0000",
  "(",
  "a{9}{9}",
  [],
  {},
  true,
  [[]],
  "constructor",
];

/** The same JSON with one value somewhere replaced, removed or doubled. */
function mutated(value: unknown, next: RandomBelow): unknown {
  const keys = Array.isArray(value) ? value.map((_, i) => i) : isJsonObject(value) ? Object.keys(value) : [];
  const key = keys[next(keys.length)];
  if (key === undefined || next(4) === 0) return HOSTILE[next(HOSTILE.length)];
  const copy = structuredClone(value) as Record<string | number, unknown>;
  if (next(12) === 0) delete copy[key];
  else copy[key] = mutated(copy[key], next);
  return copy;
}

it(`survives ${MUTATIONS} mutated files`, () => {
  const samples = Object.values(SAMPLES) as Json[];
  const counts = { opened: 0, refused: 0 };
  for (let seed = 1; seed <= MUTATIONS; seed++) {
    const next = randomBelow(seed);
    const file = mutated(samples[seed % samples.length], next);
    const started = performance.now();
    try {
      const tokenizer = createTokenizer(isJsonObject(file) ? file : {});
      tokenizer.describe(tokenizer.encode("The cat, 12 naïve 猫s\n", { addBos: false }));
      counts.opened++;
    } catch (error) {
      const { name, message } = error as Error;
      expect(`seed ${seed}: ${name}: ${message}`).toMatch(/^seed \d+: (BadFile|Unsupported): /);
      counts.refused++;
    }
    expect(performance.now() - started, `seed ${seed}`).toBeLessThan(SLOWEST_MS);
  }
  expect(counts.opened).toBeGreaterThan(500);
  expect(counts.refused).toBeGreaterThan(500);
});
