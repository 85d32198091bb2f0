/** What the engine is asked when the model writes. */
import { expect, it } from "vitest";
import type { Edit } from "../protocol/interventions";
import { editsOfPrompt, generateRequest, leftOutText } from "./generation";

const prompt = [5, 6, 7].map((id) => ({ id, text: "", special: false }));
const settings = { temperature: 0, topK: 0, topP: 1, seed: 7, maxTokens: 9 };
const token = (position: number): Edit => ({
  id: "t",
  on: true,
  kind: "token",
  position,
  token: 1,
  text: "x",
});
const freeze: Edit = { id: "f", on: true, kind: "freeze", what: "patterns" };

it("names edits only where there are any", () => {
  const plain = { tokens: [5, 6, 7], ...settings, stopIds: [1] };
  expect(generateRequest(prompt, [], settings, { eosId: 1 })).toEqual(plain);
  expect(generateRequest(prompt, [freeze], settings, { eosId: 1 })).toEqual({ ...plain, edits: [freeze] });
});

it("leaves out tokens that the model will write itself, and says so", () => {
  expect(editsOfPrompt([token(2), freeze, token(3)], 3)).toEqual({ edits: [token(2), freeze], leftOut: 1 });
  expect(leftOutText(0)).toBeUndefined();
  expect(leftOutText(1)).toMatch(/^One token replacement lies after the prompt/);
  expect(leftOutText(2)).toMatch(/^2 token replacements lie/);
});
