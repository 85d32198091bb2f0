/** The stack: order, switches, and edits that do not fit the model that was loaded. */
import { beforeEach, expect, it, vi } from "vitest";
import type { ModelInfo } from "../../protocol/api";
import type { EditStack } from "./editStack.svelte";
import { TEST_MODEL } from "./testEngine";
import { startTestSession, type TestSession } from "./testSession";

let test: TestSession;
let stack: EditStack;

async function load(model: Partial<ModelInfo>) {
  test.engine.next = { ...TEST_MODEL, vocabulary: "one", ...model };
  await test.session.loader.loadEmbedded("ledger");
}
const head = { kind: "zero", site: "attn.z", layers: [3], strength: 1 } as const;
const patch = {
  kind: "patch",
  site: "embed",
  from: { text: "a", tokens: [1] },
  align: "position",
  strength: 1,
} as const;
const kinds = () => stack.active.map(({ kind }) => kind);

beforeEach(async () => {
  vi.stubGlobal("fetch", async () => Response.json([]));
  test = await startTestSession();
  await load({});
  stack = test.session.edits;
});

it("gives the engine what is on, in order", () => {
  const first = stack.add(head);
  stack.add(patch);
  expect(kinds()).toEqual(["zero", "patch"]);
  stack.move(first.id, 1);
  expect(kinds()).toEqual(["patch", "zero"]);
  stack.toggle(first.id);
  expect(kinds()).toEqual(["patch"]);
  expect(new Set(stack.all.map(({ id }) => id)).size).toBe(2);
});

it("switches all off and on, and an edit that is added is seen", () => {
  stack.add(head);
  stack.paused = true;
  expect(kinds()).toEqual([]);
  stack.add(patch);
  expect(kinds()).toEqual(["zero", "patch"]);
});

it("keeps what does not fit another model, off, with the reason", async () => {
  const { id } = stack.add(head);
  await load({ nLayers: 2 });
  expect(kinds()).toEqual([]);
  expect(stack.misfits.get(id)).toBe("ledger has 2 layers, 0 to 1: there is no layer 3.");
  expect(stack.all[0]?.on).toBe(true);
  await load({});
  expect(kinds()).toEqual(["zero"]);
});

it("knows whose tokens an edit holds, also after its strength was changed", async () => {
  const { id } = stack.add(patch);
  await load({ vocabulary: "two" });
  stack.adjust(id, (edit) => ({ ...edit, strength: 0.5 }) as typeof edit);
  expect(stack.misfits.get(id)).toMatch(/another tokenizer/);
  stack.replace(id, patch);
  expect(kinds()).toEqual(["patch"]);
});

it("restores a link's edits with its vocabulary", async () => {
  stack.set([{ ...patch, id: "x", on: true }], "two");
  expect(kinds()).toEqual([]);
  await load({ vocabulary: "two" });
  expect(kinds()).toEqual(["patch"]);
});
