/** How documents are cut. */
import { expect, it } from "vitest";
import { Contexts } from "./contexts";

const all = (contexts: Contexts) => Array.from({ length: contexts.count }, (_, i) => contexts.at(i));

it("cuts documents into contexts, the last as short as it comes", () => {
  const contexts = new Contexts([[1, 2, 3, 4, 5], [], [6]], 2, undefined, undefined);
  expect(all(contexts)).toEqual([
    { document: 0, tokens: [1, 2] },
    { document: 0, tokens: [3, 4] },
    { document: 0, tokens: [5] },
    { document: 2, tokens: [6] },
  ]);
  expect(contexts.countedTokens).toBe(6);
  expect(contexts.length(2)).toBe(1);
});

it("puts BOS before every context, within its size, once, and never counts it", () => {
  const contexts = new Contexts([[9, 1, 2, 3], [9, 9], [4]], 3, 9, 9);
  expect(all(contexts)).toEqual([
    { document: 0, tokens: [9, 1, 2] },
    { document: 0, tokens: [9, 3] },
    { document: 2, tokens: [9, 4] },
  ]);
  expect(contexts.countedTokens).toBe(4);
  expect([contexts.length(0), contexts.length(1)]).toEqual([3, 2]);
  expect([contexts.counts(9), contexts.counts(4)]).toEqual([false, true]);
  // Not put there, it counts no more.
  expect(new Contexts([[9, 1, 9]], 3, undefined, 9).countedTokens).toBe(1);
});

it("refuses sizes that hold no token, or too many", () => {
  expect(() => new Contexts([[1]], 1, 9, 9)).toThrow(/from 2 to 65536/);
  expect(() => new Contexts([[1]], 0, undefined, 9)).toThrow(/from 1/);
  expect(() => new Contexts([[1]], 70_000, undefined, 9)).toThrow(/65536/);
});
