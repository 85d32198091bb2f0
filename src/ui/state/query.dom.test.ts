/** Questions that follow their inputs: which answer is shown, what is cancelled, cleared and released. */
import { flushSync } from "svelte";
import { beforeEach, expect, it, vi } from "vitest";
import { VitrineError } from "../../protocol/errors";
import { Query, WAIT, type Next } from "./query.svelte";
import { Selection } from "./selection.svelte";
import { inRoot } from "./testRoot.svelte";

const settled = () => new Promise((resolve) => setTimeout(resolve));
const cancel = vi.fn(async () => undefined);
beforeEach(() => cancel.mockClear());

/** Follows the chosen layer; answers when the test says so. */
function follow(next: (layer: number, answer: Promise<string>) => Next<string>) {
  const selection = new Selection();
  const answers: ((text: string) => void)[] = [];
  const released: string[] = [];
  const { made: query, end } = inRoot(() => {
    const made = new Query<string>({ cancel }, (value) => released.push(value));
    made.follow(() => {
      const { layer } = selection;
      return next(layer, new Promise((resolve) => (answers[layer] = resolve)));
    });
    return made;
  });
  flushSync();
  const choose = (layer: number) => {
    selection.layer = layer;
    flushSync();
  };
  return { query, end, choose, released, answer: (layer: number) => answers[layer]?.(`layer ${layer}`) };
}

it("shows the last answer while the next is computed, and drops one that comes too late", async () => {
  const { query, choose, answer, released } = follow((_, text) => () => text);
  expect(query.busy).toBe(true);
  answer(0);
  await settled();
  expect([query.value, query.busy]).toEqual(["layer 0", false]);
  choose(1);
  choose(2);
  expect([query.value, query.busy]).toEqual(["layer 0", true]);
  expect(cancel).toHaveBeenCalledTimes(1);
  answer(2);
  await settled();
  answer(1);
  await settled();
  expect([query.value, query.busy]).toEqual(["layer 2", false]);
  expect(released).toEqual(["layer 0", "layer 1"]);
});

it("waits with the last answer, and clears where there is nothing to ask", async () => {
  const { query, choose, answer, released } = follow((layer, text) =>
    layer === 1 ? WAIT : layer === 2 ? undefined : () => text,
  );
  answer(0);
  await settled();
  choose(1);
  expect([query.value, query.busy]).toEqual(["layer 0", false]);
  choose(2);
  expect([query.value, query.busy]).toEqual([undefined, false]);
  expect(released).toEqual(["layer 0"]);
});

it("says an error in words until it asks again, and none for what was cancelled", async () => {
  const { query, choose } = follow((layer) => async () => {
    if (layer === 1) throw new VitrineError("Cancelled", "Stopped.");
    throw new Error(`no layer ${layer}`);
  });
  await settled();
  expect([query.error, query.busy]).toEqual(["no layer 0", false]);
  choose(1);
  await settled();
  expect([query.error, query.busy]).toEqual([undefined, false]);
});

it("does not ask again for what the question itself reads, nor after the component is gone", async () => {
  const selection = new Selection();
  const asked: (number | undefined)[] = [];
  const { end } = inRoot(() =>
    new Query<void>({ cancel }).follow(() => {
      void selection.layer;
      return async () => void asked.push(selection.head);
    }),
  );
  flushSync();
  selection.head = 5;
  flushSync();
  expect(asked).toHaveLength(1);
  selection.layer = 1;
  flushSync();
  expect(asked).toHaveLength(2);
  end();
  selection.layer = 2;
  flushSync();
  expect(asked).toHaveLength(2);
});

it("clears an answer to a button with what it belongs to, and with the component", async () => {
  const selection = new Selection();
  const { made: query, end } = inRoot(() => {
    const made = new Query<string>({ cancel });
    made.belongTo(() => selection.layer);
    return made;
  });
  flushSync();
  await query.ask(async (_, partial) => {
    partial("half");
    return "whole";
  });
  expect(query.value).toBe("whole");
  selection.layer = 3;
  flushSync();
  expect(query.value).toBeUndefined();
  await query.ask(async () => "again");
  end();
  expect(query.value).toBeUndefined();
});
