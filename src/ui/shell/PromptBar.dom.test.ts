/** The prompt bar: typing, thinking, examples, and what is off when it has no effect. */
import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { flushSync } from "svelte";
import { beforeEach, expect, it, vi } from "vitest";
import { startTestSession, type TestSession } from "../state/testSession";
import { createTestEngine, TEST_MODEL } from "../state/testEngine";
import PromptBar from "./PromptBar.svelte";

let test: TestSession;

async function show(engine = createTestEngine()) {
  vi.stubGlobal("fetch", async () => Response.json([]));
  test = await startTestSession(engine);
  render(PromptBar, { context: test.context });
}
beforeEach(() => show());

const prompt = () => screen.getByRole<HTMLTextAreaElement>("textbox");
const think = () => screen.getByRole<HTMLButtonElement>("button", { name: /Think/ });

it("thinks on Enter, not on Shift+Enter nor while an input method composes", async () => {
  const thinks = vi.spyOn(test.session, "think").mockResolvedValue();
  await fireEvent.keyDown(prompt(), { key: "Enter", shiftKey: true });
  await fireEvent.keyDown(prompt(), { key: "Enter", isComposing: true });
  expect(thinks).not.toHaveBeenCalled();
  await fireEvent.keyDown(prompt(), { key: "Enter" });
  expect(thinks).toHaveBeenCalledOnce();
});

it("starts a new chain when a prompt is typed", async () => {
  await fireEvent.input(prompt(), { target: { value: "Bob has 2 ." } });
  expect(test.session.chain.text).toEqual({ prompt: "Bob has 2 .", steps: [], answerPrefix: "", answer: "" });
});

it("turns Think and Stop with the work", async () => {
  const stop = screen.getByRole<HTMLButtonElement>("button", { name: /Stop/ });
  expect([think().disabled, stop.disabled]).toEqual([false, true]);
  test.engine.writes = " a".repeat(200);
  const thinking = test.session.think();
  flushSync();
  expect([think().disabled, stop.disabled]).toEqual([true, false]);
  expect(think().textContent).toContain("Thinking…");
  await fireEvent.click(stop);
  await thinking;
  flushSync();
  expect([think().disabled, stop.disabled]).toEqual([false, true]);
});

it("cannot think about nothing", async () => {
  await fireEvent.input(prompt(), { target: { value: "" } });
  expect(think().disabled).toBe(true);
});

it("leaves sampling settings off at temperature 0, where they do nothing", async () => {
  const topP = screen.getByLabelText<HTMLInputElement>("top-p");
  expect(topP.disabled).toBe(true);
  await fireEvent.change(screen.getByLabelText("temperature"), { target: { value: "0.8" } });
  expect(test.session.temperature).toBe(0.8);
  expect(topP.disabled).toBe(false);
});

it("keeps a number in its range", async () => {
  const most = screen.getByLabelText<HTMLInputElement>("max");
  await fireEvent.change(most, { target: { value: "0" } });
  expect(test.session.maxTokens).toBe(1);
  await fireEvent.change(most, { target: { value: "" } });
  expect(test.session.maxTokens).toBe(1);
  expect(most.value).toBe("1");
});

it("lists the model's examples, and shows the seed of a new one", async () => {
  await fireEvent.click(screen.getByTitle("Examples"));
  await fireEvent.click(within(screen.getByRole("group", { name: "Examples" })).getByText("Two steps"));
  expect(screen.queryByRole("group", { name: "Examples" })).toBeNull();
  expect(screen.queryByText(/^problem/)).toBeNull();
  await fireEvent.click(screen.getByText("New example"));
  expect(screen.getByText(`problem ${test.session.exampleSeed}`)).toBeTruthy();
});

it("asks for token ids where the model has no tokenizer", async () => {
  document.body.replaceChildren();
  const engine = createTestEngine();
  engine.next = { ...TEST_MODEL, hasTokenizer: false };
  await show(engine);
  expect(screen.getByLabelText("Prompt (token ids)")).toBeTruthy();
  expect(prompt().placeholder).toMatch(/^Token ids/);
});
