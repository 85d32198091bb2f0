/** The strip: all tokens, where steps begin, what pointing shares, and walking it by arrow keys. */
import { fireEvent, render, screen } from "@testing-library/svelte";
import { flushSync } from "svelte";
import { beforeEach, expect, it, vi } from "vitest";
import { startTestSession, type TestSession } from "../state/testSession";
import TokenStrip from "./TokenStrip.svelte";

let test: TestSession;

beforeEach(async () => {
  vi.stubGlobal("fetch", async () => Response.json([]));
  test = await startTestSession();
  render(TokenStrip, { context: test.context });
});

const tokens = () => screen.getAllByRole("option");
const textsOf = (selector: string) =>
  tokens()
    .filter((token) => token.matches(selector))
    .map(({ textContent }) => textContent);

it("shows prompt, steps, cue and answer, specials marked", () => {
  expect(tokens().map(({ textContent }) => textContent)).toEqual(
    "<s> Ann has 3 . Think : Ann 3 + 4 = 7 . Ann 7 - 2 = 5 . Answer : 5".split(" "),
  );
  expect(textsOf(".special")).toEqual(["<s>"]);
});

it("draws a bar where a step, or the answer, begins", () => {
  expect(textsOf(".boundary")).toEqual(["Ann", "Ann", "Answer"]);
});

it("shares what is pointed at, in both directions", async () => {
  await fireEvent.pointerEnter(tokens()[8]!);
  expect(test.session.selection).toMatchObject({ token: 8, step: 0 });
  expect(textsOf(".lit")).toHaveLength(7);
  expect(screen.getByText(/^position 8 · id \d+/)).toBeTruthy();
  await fireEvent.pointerLeave(screen.getByRole("listbox"));
  expect(test.session.selection.step).toBeUndefined();
  test.session.selection.step = 1;
  flushSync();
  expect(textsOf(".lit").join(" ")).toBe("Ann 7 - 2 = 5 .");
});

it("is one stop of the Tab order, walked by arrow keys", async () => {
  const focusable = () => tokens().filter(({ tabIndex }) => tabIndex === 0);
  expect(focusable()).toHaveLength(1);
  focusable()[0]!.focus();
  await fireEvent.keyDown(tokens()[0]!, { key: "ArrowRight" });
  await fireEvent.keyDown(tokens()[1]!, { key: "ArrowRight" });
  expect(document.activeElement).toBe(tokens()[2]);
  await fireEvent.keyDown(tokens()[2]!, { key: "End" });
  expect(document.activeElement).toBe(tokens().at(-1));
  await fireEvent.keyDown(tokens().at(-1)!, { key: "ArrowRight" });
  expect(document.activeElement).toBe(tokens().at(-1));
  expect(focusable()).toEqual([tokens().at(-1)]);
});

it("pins a token by click or Enter, and lets go of it the same way", async () => {
  const { selection } = test.session;
  const pinned = () => tokens().filter((token) => token.getAttribute("aria-selected") === "true");
  const before = tokens().length - 2;
  expect(screen.getByText(`views are about position ${before}, which predicts the answer`)).toBeTruthy();
  expect(test.session.position).toBe(before);
  expect(textsOf("[aria-current=true]")).toEqual([":"]);
  await fireEvent.click(tokens()[4]!);
  expect([selection.pinned, test.session.position]).toEqual([4, 4]);
  expect(pinned()).toEqual([tokens()[4]]);
  expect(screen.getByText(/^views are about position 4/)).toBeTruthy();
  await fireEvent.keyDown(tokens()[4]!, { key: "Enter" });
  expect(selection.pinned).toBeUndefined();
  await fireEvent.keyDown(tokens()[2]!, { key: "Enter" });
  await fireEvent.click(screen.getByRole("button", { name: "Unpin" }));
  expect(pinned()).toEqual([]);
});

it("leaves the pin behind with the prompt that it was in", async () => {
  await fireEvent.click(tokens()[4]!);
  test.session.forget();
  flushSync();
  expect(test.session.selection.pinned).toBeUndefined();
});

it("shows thousands of tokens, and points only where the pointer is", async () => {
  test.session.tokens = Array.from({ length: 2000 }, (_, id) => ({ id, text: ` w${id}`, special: false }));
  flushSync();
  expect(tokens()).toHaveLength(2000);
  await fireEvent.pointerEnter(tokens()[1000]!);
  expect(textsOf(".pointed")).toEqual(["w1000"]);
  await fireEvent.keyDown(tokens()[1000]!, { key: "ArrowRight" });
  expect(textsOf(".pointed")).toEqual(["w1001"]);
  expect(document.activeElement).toBe(tokens()[1001]);
});

it("strikes out the tokens of an absent step", () => {
  test.session.chain.toggle(1);
  flushSync();
  expect(textsOf(".absent").join(" ")).toBe("Ann 7 - 2 = 5 .");
});

const struck = () => tokens().flatMap((token, i) => (token.matches(".absent") ? [i] : []));

it("strikes out tokens by what they were cut into, also those that have no text of their own", () => {
  const token = (id: number) => ({ id, text: id === 2 ? "<unk>" : ` ${id}`, special: id <= 2 });
  const parts = {
    prompt: [0, 5, 2],
    steps: [
      [2, 2],
      [6, 2],
    ],
    answerPrefix: [7],
    answer: [8],
  };
  test.session.showTokens([0, 5, 2, 2, 2, 6, 2, 7, 8].map(token), parts);
  test.session.chain.toggle(0);
  flushSync();
  expect(struck()).toEqual([3, 4]);
  test.session.chain.setPresent([true, false]);
  flushSync();
  expect(struck()).toEqual([5, 6]);
});

it("keeps steps and tokens together when a written chain is edited", async () => {
  test.engine.writes = " one two . three four . Answer : 9 and more";
  await test.session.think();
  test.session.chain.edit(0, "one .");
  await test.session.refreshTokens();
  test.session.chain.setPresent(test.session.chain.steps.map((_, i) => i !== 1));
  flushSync();
  expect(textsOf(".absent").join(" ")).toBe("three four .");
});

it("has no steps where tokens are no chain, and is about the last position", () => {
  test.session.showTokens([3, 4].map((id) => ({ id, text: ` ${id}`, special: false })));
  test.session.chain.setAll(false);
  flushSync();
  expect(struck()).toEqual([]);
  expect(screen.getByText("views are about the last position, 1")).toBeTruthy();
});

it("shows spaces when asked", async () => {
  await fireEvent.click(screen.getByLabelText("show spaces"));
  expect(tokens()[2]!.textContent).toBe("·has");
});

it("says how far the writing is, then how it ended", async () => {
  test.engine.writes = " a".repeat(100);
  const thinking = test.session.think();
  await vi.waitFor(() => expect(screen.getByText(/^writing: \d+ tokens so far/)).toBeTruthy());
  await thinking;
  flushSync();
  expect(screen.getByRole("status").textContent).toMatch(/^100 tokens written in .* by the end token$/);
  test.session.edits.add({ kind: "freeze", what: "patterns" });
  await test.session.think();
  flushSync();
  expect(screen.getByRole("status").textContent).toMatch(/^100 tokens written under 1 edit in /);
});
