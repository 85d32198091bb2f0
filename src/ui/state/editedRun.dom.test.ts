/** The run with and without edits: what is asked, when an answer is still the answer, what links take of it. */
import { beforeEach, expect, it, vi } from "vitest";
import type { Session } from "./session.svelte";
import type { TestEngine } from "./testEngine";
import { startTestSession } from "./testSession";

let session: Session;
let engine: TestEngine;
const freeze = { kind: "freeze", what: "patterns" } as const;

beforeEach(async () => {
  vi.stubGlobal("fetch", async () => Response.json([]));
  ({ session, engine } = await startTestSession());
});

it("asks for the same tokens with and without the edits that are on", async () => {
  const compare = vi.spyOn(engine, "compare");
  session.edits.add(freeze);
  session.editedRun.targets = [4];
  await session.editedRun.refresh();
  const tokens = session.tokens.map(({ id }) => id);
  expect(compare.mock.lastCall?.[0]).toEqual({
    base: { tokens },
    other: { tokens, edits: session.edits.active },
    k: 10,
    targets: [4],
  });
});

it("is out of date once prompt, edits or followed tokens are others", async () => {
  const { editedRun } = session;
  expect(editedRun.current).toBeUndefined();
  await editedRun.refresh();
  expect(editedRun.current?.result.kl).toHaveLength(session.tokens.length);
  session.edits.add(freeze);
  expect(editedRun.current).toBeUndefined();
  expect(editedRun.all.value).toBeDefined();
  await editedRun.ensure();
  expect(editedRun.current).toBeDefined();
  editedRun.targets = [5];
  expect(editedRun.current).toBeUndefined();
});

it("asks once where two want the same", async () => {
  const compare = vi.spyOn(engine, "compare");
  await Promise.all([session.editedRun.ensure(), session.editedRun.ensure()]);
  expect(compare).toHaveBeenCalledOnce();
  expect(session.editedRun.current).toBeDefined();
});

it("asks for both numbers of every listed token after one position", async () => {
  session.selection.pinned = 3;
  session.edits.add(freeze);
  await session.editedRun.refresh();
  await session.editedRun.refreshHere();
  const { value } = session.editedRun.here;
  expect(value).toMatchObject({ position: 3, result: { pairs: [[3, 3]] } });
  expect(value?.targets).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 2]);
  expect(value?.result.other[0]?.targets).toHaveLength(10);
});

it("gives links the first tokens of both runs, and of one where there are no edits", async () => {
  const { editedRun } = session;
  expect(editedRun.numbers(5)).toBeUndefined();
  await editedRun.ensure();
  const base = { ids: [5, 6, 7, 8, 9], logProbs: [-1, -2, -3, -4, -5] };
  session.selection.pinned = 3;
  expect(editedRun.numbers(5)).toEqual({ position: 3, base });
  session.edits.add(freeze);
  await editedRun.ensure();
  expect(editedRun.numbers(5)).toEqual({
    position: 3,
    base,
    edited: { ...base, logProbs: [-1.5, -2, -3, -4, -5] },
  });
  expect(editedRun.numbers(10)?.base.ids).toHaveLength(10);
});

it("says the engine's words when it cannot", async () => {
  vi.spyOn(engine, "compare").mockRejectedValue(new Error("too long"));
  await session.editedRun.ensure();
  expect(session.editedRun.all.error).toBe("too long");
  expect(session.editedRun.numbers(5)).toBeUndefined();
});
