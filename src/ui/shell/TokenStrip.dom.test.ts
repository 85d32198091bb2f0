/** The strip: all tokens, where steps begin, what pointing shares, and walking it by arrow keys. */
import { fireEvent, render, screen } from "@testing-library/svelte";
import { flushSync } from "svelte";
import { beforeEach, expect, it, vi } from "vitest";
import { startTestSession, type TestSession } from "../session/testSession";
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

it("strikes out the tokens of an absent step", () => {
  test.session.chain.toggle(1);
  flushSync();
  expect(textsOf(".absent").join(" ")).toBe("Ann 7 - 2 = 5 .");
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
});
