/** The Edits strip: adding, changing, ordering, switching and removing edits, with the sentence for what is wrong. */
import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { flushSync, tick } from "svelte";
import { beforeEach, expect, it, vi } from "vitest";
import type { EditStack } from "../state/editStack.svelte";
import { startTestSession, type TestSession } from "../state/testSession";
import { TEST_MODEL } from "../state/testEngine";
import EditStrip from "./EditStrip.svelte";

let test: TestSession;
let edits: EditStack;

beforeEach(async () => {
  vi.stubGlobal("fetch", async () => Response.json([]));
  test = await startTestSession();
  edits = test.session.edits;
  render(EditStrip, { context: test.context });
});

const button = (name: string | RegExp) => screen.getByRole<HTMLButtonElement>("button", { name });
const zero = (layer: number) =>
  ({ kind: "zero", site: "attn.z", layers: [layer], heads: [3], strength: 1 }) as const;
const texts = () =>
  screen
    .queryAllByRole("checkbox")
    .map((box) => box.closest("label")?.textContent?.replace(/\s+/g, " ").trim());

async function openEditor() {
  await fireEvent.click(button("+ Add an edit"));
  // Its code is fetched when it is first opened, and here compiled too.
  return vi.waitFor(() => screen.getByRole("form", { name: "New edit" }), { timeout: 20_000 });
}

it("says that there is none, and adds the one that is written", { timeout: 30_000 }, async () => {
  expect(screen.getByText("none: this is the model as it is")).toBeTruthy();
  const form = await openEditor();
  await fireEvent.input(within(form).getByLabelText("layers"), { target: { value: "2" } });
  await fireEvent.input(within(form).getByLabelText("heads"), { target: { value: "3" } });
  await vi.waitFor(() =>
    expect(within(form).getByRole("status").textContent).toContain("blocks.2 attn.z head 3"),
  );
  await fireEvent.submit(form);
  await vi.waitFor(() => expect(texts()).toEqual(["1 zero blocks.2 attn.z head 3 · all positions"]));
  expect(edits.active).toEqual([{ id: "e1", on: true, ...zero(2) }]);
  expect(screen.queryByRole("form")).toBeNull();
  await vi.waitFor(() => expect(document.activeElement).toBe(button("+ Add an edit")));
});

it("refuses at once what the model does not have, with its numbers", async () => {
  const form = await openEditor();
  await fireEvent.input(within(form).getByLabelText("layers"), { target: { value: "7" } });
  await vi.waitFor(() =>
    expect(within(form).getByRole("status").textContent).toContain(
      "layer 7 does not exist: there are layers 0 to 3.",
    ),
  );
  expect(within(form).getByRole<HTMLButtonElement>("button", { name: "Add" }).disabled).toBe(true);
  await fireEvent.submit(form);
  await tick();
  expect(edits.all).toEqual([]);
});

it("closes the editor with Escape, and gives the focus back", async () => {
  const form = await openEditor();
  await fireEvent.keyDown(within(form).getByLabelText("edit"), { key: "Escape" });
  expect(screen.queryByRole("form")).toBeNull();
  await vi.waitFor(() => expect(document.activeElement).toBe(button("+ Add an edit")));
});

it("changes an edit in its own fields", async () => {
  edits.add({ ...zero(1), positions: { from: 4 } });
  flushSync();
  await fireEvent.click(button("Change edit 1"));
  const form = await vi.waitFor(() => screen.getByRole("form", { name: "Change the edit" }));
  expect(within(form).getByLabelText<HTMLInputElement>("positions: first position").value).toBe("4");
  await fireEvent.click(within(form).getByRole("button", { name: /^token before the answer/ }));
  await vi.waitFor(() =>
    expect(within(form).getByRole<HTMLButtonElement>("button", { name: "Save" }).disabled).toBe(false),
  );
  await fireEvent.submit(form);
  await vi.waitFor(() =>
    expect(edits.all[0]).toMatchObject({ id: "e1", positions: { from: test.session.position } }),
  );
});

it("orders, switches, strengthens and removes", async () => {
  edits.add(zero(0));
  edits.add(zero(1));
  flushSync();
  expect(button("Move edit 1 earlier").disabled).toBe(true);
  await fireEvent.click(button("Move edit 2 earlier"));
  expect(edits.all.map(({ id }) => id)).toEqual(["e2", "e1"]);
  await fireEvent.click(screen.getAllByRole("checkbox")[0]!);
  expect(edits.active.map(({ id }) => id)).toEqual(["e1"]);
  await fireEvent.input(screen.getByLabelText("strength of edit 2"), { target: { value: "0.25" } });
  expect(edits.all[1]).toMatchObject({ strength: 0.25 });
  await fireEvent.click(button("Remove edit 1"));
  expect(edits.all.map(({ id }) => id)).toEqual(["e1"]);
  await fireEvent.click(button("Clear all"));
  expect(edits.all).toEqual([]);
});

it("switches all off for the moment, and says so", async () => {
  edits.add(zero(0));
  flushSync();
  await fireEvent.click(button("All off"));
  expect(edits.active).toEqual([]);
  expect(screen.getByText("all off: this is the model as it is")).toBeTruthy();
});

it("says on the chip why an edit does not fit the model that was loaded", async () => {
  edits.add(zero(3));
  test.engine.next = { ...TEST_MODEL, nLayers: 2 };
  await test.session.loader.loadEmbedded("ledger-posthoc");
  flushSync();
  expect(screen.getByText("off: ledger-posthoc has 2 layers, 0 to 1: there is no layer 3.")).toBeTruthy();
  expect(screen.getByRole<HTMLInputElement>("checkbox").disabled).toBe(true);
});

it("replaces a token by one, and says how many a longer text is", async () => {
  const form = await openEditor();
  await fireEvent.change(within(form).getByLabelText("edit"), { target: { value: "token" } });
  await fireEvent.input(within(form).getByLabelText("new text"), { target: { value: "Bob has" } });
  await vi.waitFor(() =>
    expect(within(form).getByRole("status").textContent).toContain("“Bob has” is 2 tokens"),
  );
  await fireEvent.input(within(form).getByLabelText("new text"), { target: { value: " Bob" } });
  await vi.waitFor(() => expect(within(form).getByRole("status").textContent).toContain("becomes “ Bob”"));
});

it("takes a set of problems for a mean", async () => {
  const form = await openEditor();
  await fireEvent.change(within(form).getByLabelText("edit"), { target: { value: "mean" } });
  await fireEvent.click(within(form).getByRole("button", { name: "Use them" }));
  await vi.waitFor(() =>
    expect(within(form).getByText(/^32 ledger problems from seed 7: 32 prompts/)).toBeTruthy(),
  );
  await fireEvent.submit(form);
  await vi.waitFor(() =>
    expect(edits.all[0]).toMatchObject({ kind: "mean", over: { name: "32 ledger problems from seed 7" } }),
  );
});
