/** The number on an edit's chip. */
import { expect, it } from "vitest";
import type { Edit } from "../../protocol/interventions";
import { amountOf, withAmount } from "./editAmount";

const base = { id: "e1", on: true, site: "embed" } as const;
const zero: Edit = { ...base, kind: "zero", strength: 1 };
const scale: Edit = { ...base, kind: "scale", factor: 2 };

it("is strength, factor or coefficient, within bounds", () => {
  expect(withAmount(zero, 0.25)).toEqual({ ...zero, strength: 0.25 });
  expect(withAmount(zero, 7)).toEqual(zero);
  expect(withAmount(scale, -7)).toEqual({ ...scale, factor: -7 });
  expect(withAmount(scale, NaN)).toBe(scale);
});

it("is not there for edits that are on or off", () => {
  const freeze: Edit = { id: "e2", on: true, kind: "freeze", what: "patterns" };
  expect(amountOf(freeze)).toBeUndefined();
  expect(withAmount(freeze, 1)).toBe(freeze);
});
