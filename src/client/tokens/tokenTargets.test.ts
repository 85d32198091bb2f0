/** What typed text names which token. */
import { expect, it } from "vitest";
import { createTestEngine, TEST_MODEL } from "../../ui/state/testEngine";
import { namedToken, tokenTexts } from "./tokenTargets";

const engine = createTestEngine();

it("takes a text's first token, and says if there are more", async () => {
  const reader = { engine, model: TEST_MODEL };
  expect(await namedToken(reader, "")).toBeUndefined();
  expect((await namedToken(reader, " Ann"))?.token.text).toBe(" Ann");
  const two = await namedToken(reader, " Ann has");
  expect(two?.token.text).toBe(" Ann");
  expect(two?.note).toMatch(/is 2 tokens/);
});

it("takes ids after #, and plain numbers where there is no tokenizer", async () => {
  expect((await namedToken({ engine, model: TEST_MODEL }, "#1"))?.token.id).toBe(1);
  const idsOnly = { engine, model: { ...TEST_MODEL, hasTokenizer: false } };
  expect((await namedToken(idsOnly, "1"))?.token.id).toBe(1);
});

it("asks for every text once", async () => {
  const asked: (readonly number[])[] = [];
  const describeTokens = async (ids: readonly number[]) => {
    asked.push(ids);
    return ids.map((id) => ({ id, text: `t${id}`, special: false }));
  };
  const textOf = await tokenTexts({ describeTokens }, [3, 4, 3]);
  expect(asked).toEqual([[3, 4, 3, 4]]);
  expect([textOf(3), textOf(4), textOf(9)]).toEqual(["t3", "t4", "9"]);
});
