import { expect, it } from "vitest";
import { hidesKey, zeroesHead } from "./headEdits";

const zero = { id: "a", on: true, kind: "zero", site: "attn.z", strength: 1 } as const;

it("knows when an edit takes all of a head away, or all heads of a layer", () => {
  expect(zeroesHead({ ...zero, layers: [1], heads: [2] }, 1, 2)).toBe(true);
  expect(zeroesHead({ ...zero, layers: [1], heads: [2] }, 1, undefined)).toBe(false);
  expect(zeroesHead(zero, 1, 2)).toBe(true);
  expect(zeroesHead(zero, 1, undefined)).toBe(true);
  expect(zeroesHead({ ...zero, layers: [0], heads: [2] }, 1, 2)).toBe(false);
  expect(zeroesHead({ ...zero, strength: 0.5 }, 1, 2)).toBe(false);
  expect(zeroesHead({ ...zero, positions: [0] }, 1, 2)).toBe(false);
});

it("knows when a key is hidden already", () => {
  const edit = { id: "a", on: true, kind: "knockOut", layers: [1], queries: [4], keys: [2] } as const;
  expect(hidesKey(edit, 1, undefined, 4, 2)).toBe(true);
  expect(hidesKey(edit, 1, 0, 4, 2)).toBe(true);
  expect(hidesKey(edit, 1, 0, 4, 3)).toBe(false);
  expect(hidesKey({ ...edit, heads: [1] }, 1, 0, 4, 2)).toBe(false);
});
