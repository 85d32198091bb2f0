/** The keys: each does its one thing, none while typing, none where its effect cannot be seen. */
import { beforeEach, expect, it, vi } from "vitest";
import type { Session } from "../state/session.svelte";
import { startTestSession } from "../state/testSession";
import { onKey } from "./keys";

let session: Session;
const actions = { onPlayground: true, share: vi.fn(), keys: vi.fn(), turn: vi.fn(), edit: vi.fn() };

beforeEach(async () => {
  vi.clearAllMocks();
  vi.stubGlobal("fetch", async () => Response.json([]));
  ({ session } = await startTestSession());
});

function press(key: string, target: HTMLElement = document.body, onPlayground = true) {
  document.body.append(target === document.body ? "" : target);
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  target.addEventListener("keydown", (sent) => onKey(sent, session, { ...actions, onPlayground }), {
    once: true,
  });
  target.dispatchEvent(event);
}
const present = () => session.chain.steps.map((step) => step.present);

it("toggles steps by number, and only those that are there", () => {
  press("2");
  expect(present()).toEqual([true, false]);
  press("3");
  expect(present()).toEqual([true, false]);
});

it("shares, shows the keys, turns panels, holds the baseline", () => {
  for (const key of ["s", "?", "[", "]", "b"]) press(key);
  expect(actions.share).toHaveBeenCalledOnce();
  expect(actions.keys).toHaveBeenCalledOnce();
  expect(actions.turn.mock.calls).toEqual([[-1], [1]]);
  expect(session.chain.baselineHeld).toBe(true);
});

it("opens the editor, and switches all edits off and on", () => {
  press("e");
  expect(actions.edit).toHaveBeenCalledOnce();
  press("x");
  expect(session.edits.paused).toBe(false);
  session.edits.add({ kind: "freeze", what: "patterns" });
  press("x");
  expect(session.edits.active).toEqual([]);
  press("x");
  expect(session.edits.active).toHaveLength(1);
  press("x", document.createElement("input"));
  expect(session.edits.active).toHaveLength(1);
});

it("leaves typing alone, but not a checkbox", () => {
  press("1", document.createElement("textarea"));
  press("1", document.createElement("input"));
  expect(present()).toEqual([true, true]);
  press("1", Object.assign(document.createElement("input"), { type: "checkbox" }));
  expect(present()).toEqual([false, true]);
});

it("changes nothing from another page, but still shows the keys", () => {
  for (const key of ["1", "s", "b", "?"]) press(key, document.body, false);
  expect(present()).toEqual([true, true]);
  expect(actions.share).not.toHaveBeenCalled();
  expect(actions.keys).toHaveBeenCalledOnce();
});

it("cancels with Escape, even while typing", () => {
  const stop = vi.spyOn(session, "stop");
  press("Escape", document.createElement("textarea"));
  expect(stop).toHaveBeenCalledOnce();
});
