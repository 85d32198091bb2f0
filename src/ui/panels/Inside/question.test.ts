/** Which step, and how the question reads. */
import { expect, it } from "vitest";
import type { Session } from "../../state/session.svelte";
import { chosenStep, missing, openingStep, questionOf } from "./question";
import { othersWords } from "./words";

const step = (text: string, present = true) => ({ id: 0, text, present });
function session(changes: { steps?: ReturnType<typeof step>[]; answer?: string; generating?: boolean } = {}) {
  const { steps = [step(" a ."), step(" b .", false)], answer = " 5", generating = false } = changes;
  const chain = {
    steps,
    answer,
    mode: "mask",
    fillerId: 3,
    present: steps.map(({ present }) => present),
    text: "all",
    edits: [],
  };
  return { model: { hasTokenizer: true }, generating, chain, addBos: true } as unknown as Session;
}

it("takes the chosen step, else the one that it opened with", () => {
  expect(chosenStep(2, 1, 4)).toBe(2);
  expect(chosenStep(-1, 1, 4)).toBe(1);
  // A link may name a step that this chain does not have.
  expect(chosenStep(9, 0, 4)).toBe(3);
  expect(chosenStep(-1, 0, 0)).toBe(0);
});

it("opens with the pointed step, else the one that matters most to the answer", () => {
  expect(openingStep(1, [0, 0, 3])).toBe(1);
  expect(openingStep(undefined, [0.5, 0, -3])).toBe(2);
  expect(openingStep(undefined, undefined)).toBe(0);
  expect(openingStep(undefined, [NaN, NaN])).toBe(0);
});

it("asks once there is a chain with an answer", () => {
  expect(questionOf(session(), 1)).toEqual({
    ...{ step: 1, present: [true, false], mode: "mask", fillerId: 3, text: "all", addBos: true },
    ...{ seed: 0, temperature: 1, edits: [] },
  });
  for (const one of [session({ steps: [] }), session({ answer: "" }), session({ generating: true })]) {
    expect(questionOf(one, 0)).toBeUndefined();
    expect(missing(one)).not.toBe("computing…");
  }
});

it("draws a resampled step as the values do", () => {
  const one = session();
  Object.assign(one.chain, { settings: { seed: 7, temperature: 2 } });
  one.chain.mode = "resample";
  expect(questionOf(one, 0)).toMatchObject({ seed: 7, temperature: 2 });
});

it("says which other steps are absent", () => {
  expect(othersWords({ step: 0, present: [false, true] })).toBe("all other steps present");
  expect(othersWords({ step: 0, present: [true, false, true] })).toBe("step 2 absent in both runs");
  expect(othersWords({ step: 1, present: [false, false, false, false] })).toBe(
    "steps 1, 3 and 4 absent in both runs",
  );
});
