/** The tour waits for what was really done, says it in the page's numbers, and can be left and taken up again. */
import { cleanup, render, screen } from "@testing-library/svelte";
import { flushSync } from "svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { startTestSession, TEST_EXAMPLE, type TestSession } from "../state/testSession";
import { CARDS } from "./cards";
import { largestSteps, repeatedSteps, strongestStep } from "./facts";
import { findTarget } from "./findTarget";
import TourCards from "./Tour.svelte";
import { tourOf } from "./tour.svelte";

let test: TestSession;
const onleave = vi.fn();
beforeEach(async () => {
  vi.clearAllMocks();
  vi.stubGlobal("fetch", async () => Response.json([]));
  test = await startTestSession();
  await settled();
});
afterEach(cleanup);

const settled = () =>
  vi.waitFor(() => {
    flushSync();
    expect(test.session.chain.computing || test.session.chain.game.running).toBe(false);
  });
const show = () => render(TourCards, { props: { onleave }, context: test.context });
const title = () => screen.getByRole("heading").textContent;
const press = (name: RegExp) => screen.getByRole("button", { name }).click();

it("goes through every card by what is done on the page", async () => {
  const { session, engine } = test;
  const { chain, selection } = session;
  show();
  expect(title()).toBe("Take a step away");
  // The test engine takes one nat for each step that is gone.
  expect(strongestStep(session)).toBe(0);
  chain.toggle(1);
  await settled();
  expect(title()).toBe("Take a step away");
  chain.toggle(1);
  chain.toggle(0);
  await settled();
  expect(title()).toBe("Share the answer out");
  expect(
    screen.getByText(/^Without step 1, log p\(5\): 0\.000 with all steps, −1\.000 now, −1\.000 nats\.$/),
  ).toBeTruthy();

  // The stand-in gives every step a φ of one.
  await chain.game.run();
  await settled();
  expect(title()).toBe("Say something twice");
  expect(screen.getByText(/step 1: φ \+1\.00, leave-one-out \+1\.00; step 2/)).toBeTruthy();

  press(/^Write step 1 twice$/);
  await settled();
  expect(chain.steps.map(({ text }) => text)).toEqual([
    TEST_EXAMPLE.steps[0],
    TEST_EXAMPLE.steps[0],
    TEST_EXAMPLE.steps[1],
  ]);
  expect(repeatedSteps(session)).toEqual([0, 1]);
  expect(title()).toBe("Share it out again");
  await chain.game.run();
  await settled();
  expect(title()).toBe("Look inside the step");

  session.panel = "Inside";
  flushSync();
  expect(title()).toBe("Look inside the step");
  selection.head = 2;
  flushSync();
  expect(title()).toBe("Open the post-hoc twin");
  expect(screen.getByText(/^Head 0\.2 is chosen/)).toBeTruthy();

  engine.next = { ...engine.next, sha256: "cd34".repeat(16) } as typeof engine.next;
  await session.loader.loadEmbedded("ledger-posthoc");
  await settled();
  expect(title()).toBe("Take a step away from it");
  expect(screen.getByText(/Take one of its examples/)).toBeTruthy();
  session.examples = [TEST_EXAMPLE];
  session.showExample(TEST_EXAMPLE);
  await settled();
  chain.toggle(1);
  await settled();
  expect(title()).toBe("That was the tour");
  expect(screen.getByText(/^Without step 2, .*its probability is 0\.368\.$/)).toBeTruthy();
});

it("is left by Escape, and taken up where it was left", async () => {
  const { unmount } = show();
  press(/^Skip$/);
  flushSync();
  expect(title()).toBe("Share the answer out");
  dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  expect(onleave).toHaveBeenCalledOnce();
  unmount();
  expect(document.documentElement.classList.contains("touring")).toBe(false);
  show();
  expect(title()).toBe("Share the answer out");
  press(/^Start again$/);
  flushSync();
  expect(title()).toBe("Take a step away");
});

it("leaves Escape to what is running", () => {
  show();
  test.session.chain.game.running = true;
  dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  expect(onleave).not.toHaveBeenCalled();
});

it("says what is missing, and then waits for nothing else", () => {
  const { session } = test;
  session.chain.set({ prompt: "a", steps: [], answerPrefix: "", answer: "" });
  show();
  expect(screen.getByText("Take an example from Examples ▾ first.")).toBeTruthy();
  expect(tourOf(session).index).toBe(0);
});

it("tells every card apart and finds controls by name", () => {
  expect(new Set(CARDS.map(({ id }) => id)).size).toBe(CARDS.length);
  expect(CARDS.length).toBe(7);
  document.body.innerHTML = `<button>Other</button><button>Recompute</button><input aria-label="Step 2: a">`;
  expect(findTarget("button", /^Recompute$/)?.textContent).toBe("Recompute");
  expect(findTarget("input", /^Step 2:/)).toBeTruthy();
  expect(findTarget("input", /^Step 1:/)).toBeUndefined();
  expect(largestSteps({ phi: { values: [0, 3, -4, 1] } } as never, 2)).toEqual([1, 2]);
});
