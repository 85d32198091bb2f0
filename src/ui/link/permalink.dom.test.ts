/** A session goes into a link and comes out of it in another page: text, edits, views, pointing, and its numbers. */
import { beforeEach, expect, it, vi } from "vitest";
import { encodeLink } from "../../client/link/link";
import type { NewEdit } from "../../protocol/interventions";
import { openLink, toLinkState } from "./permalink";
import type { Session } from "../state/session.svelte";
import { createTestEngine, TEST_MODEL, type TestEngine } from "../state/testEngine";
import { startTestSession } from "../state/testSession";

let sender: Session;
let receiver: Session;
let engine: TestEngine;

const place = { site: "attn.z", layers: [1], heads: [0] } as const;
const named = { text: "Bob has 5", tokens: [0, 3, 4] };
const set = { name: "s", prompts: [named] };
const EDITS: readonly NewEdit[] = [
  { kind: "zero", ...place, strength: 1 },
  { kind: "mean", ...place, strength: 0.5, over: set, by: "token" },
  { kind: "resample", ...place, strength: 1, from: set, seed: 3 },
  { kind: "patch", ...place, strength: 1, from: named, align: "token", positions: [2, 3] },
  { kind: "scale", ...place, factor: -1.5, positions: { from: 2 } },
  {
    kind: "add",
    ...place,
    coefficient: 2,
    direction: { kind: "difference", plus: named, minus: named, over: "all" },
  },
  {
    kind: "add",
    ...place,
    coefficient: 2,
    direction: { kind: "vector", name: "v.npy", values: Array<number>(96).fill(0.5) },
  },
  { kind: "knockOut", layers: [0], queries: [3], keys: { from: 1 } },
  { kind: "token", position: 1, token: 4, text: " Bob" },
  { kind: "freeze", what: "patterns" },
];

beforeEach(async () => {
  vi.stubGlobal("fetch", async () => Response.json([]));
  ({ session: sender } = await startTestSession());
  engine = createTestEngine();
  ({ session: receiver } = await startTestSession(engine));
  receiver.showExample({ title: "", prompt: "Eve eats .", steps: [], answerPrefix: "", answer: "" });
});

const bare = (session: Session) => session.edits.all.map((edit) => ({ ...edit, id: "" }));
const send = async () => openLink(receiver, `#${await encodeLink(await toLinkState(sender))}`);

it("carries every kind of edit, in order, with its switch", async () => {
  EDITS.forEach((edit) => sender.edits.add(edit));
  sender.edits.toggle(sender.edits.all[2]!.id);
  await send();
  expect(bare(receiver)).toEqual(bare(sender));
  expect(receiver.edits.active).toHaveLength(EDITS.length - 1);
});

it("carries what is pinned, the panel and its settings", async () => {
  Object.assign(sender.selection, { pinned: 4, layer: 2, head: 3, neuron: 77 });
  sender.panel = "NextToken";
  sender.views.of("NextToken", { follow: "" }).follow = " Ann";
  await send();
  expect(receiver.selection).toMatchObject({ pinned: 4, layer: 2, head: 3, neuron: 77 });
  expect(receiver.panel).toBe("NextToken");
  expect(receiver.views.of("NextToken", { follow: "" }).follow).toBe(" Ann");
});

it("carries the position that views are about", async () => {
  const state = await toLinkState(sender);
  expect(state.selection).toMatchObject({ position: sender.tokens.length - 2 });
  await send();
  expect(receiver.selection.pinned).toBeUndefined();
  expect(receiver.position).toBe(sender.position);
  // A sender whose views were about another one, and a link of before positions were sent.
  const { layer, head, neuron } = state.selection!;
  const without = { layer, head, neuron };
  await openLink(receiver, `#${await encodeLink({ ...state, selection: { ...without, position: 3 } })}`);
  expect([receiver.selection.pinned, receiver.position]).toEqual([3, 3]);
  await openLink(receiver, `#${await encodeLink({ ...state, selection: without })}`);
  expect(receiver.position).toBe(sender.position);
  expect(receiver.comparison).toMatch(/^Matches the sender's numbers/);
});

it("says that the next-token numbers match too", async () => {
  sender.edits.add({ kind: "freeze", what: "patterns" });
  sender.selection.pinned = 4;
  await send();
  // Of the chain: now, baseline, three early, two leave-one-out; of position 4: five tokens without and with the edit.
  expect(receiver.comparison).toBe(
    "Matches the sender's numbers (17 compared, max difference 0 nats, tolerance 1e−3).",
  );
});

it("compares a link of before, whose chain is without its edits, with the numbers without them", async () => {
  // Steps are worth more under edits here: both kinds of number are told apart.
  for (const one of [sender, receiver]) {
    const coalitions = one.engine.coalitions.bind(one.engine);
    one.engine.coalitions = async (request) =>
      (await coalitions(request)).map((found) => ({
        ...found,
        logProb: found.logProb * (request.edits?.length ? 2 : 1) - 1,
      }));
  }
  sender.edits.add({ kind: "freeze", what: "patterns" });
  sender.chain.editsChanged();
  await vi.waitFor(() => expect(sender.chain.effect?.unedited).toBeDefined());
  const state = await toLinkState(sender);
  expect(state.expected?.underEdits).toBe(true);
  expect(state.expected?.early).not.toEqual(sender.chain.effect!.unedited!.early);
  await openLink(receiver, `#${await encodeLink(state)}`);
  expect(receiver.comparison).toMatch(/^Matches the sender's numbers/);
  const expected = { ...state.expected!, underEdits: undefined };
  const { early, loo, now, baseline } = sender.chain.effect!.unedited!;
  const old = { ...expected, early, loo, now: now.logProb, baseline: baseline.logProb };
  await openLink(receiver, `#${await encodeLink({ ...state, expected: old as never })}`);
  expect(receiver.comparison).toMatch(/^Matches the sender's numbers/);
});

it("says how far they are off where they do not", async () => {
  sender.edits.add({ kind: "freeze", what: "patterns" });
  const compare = engine.compare.bind(engine);
  vi.spyOn(engine, "compare").mockImplementation(async (request, runId) => {
    const answer = await compare(request, runId);
    answer.other.forEach(({ top }) => (top.logProbs[0]! -= 0.25));
    return answer;
  });
  await send();
  expect(receiver.comparison).toMatch(
    /^Differs from the sender's numbers by up to 0\.250 nats: first log p of token \d+ after position \d+ with the edits/,
  );
});

it("does not wait long for numbers that no panel shows", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  vi.spyOn(sender.engine, "compare").mockReturnValue(new Promise(() => undefined));
  const made = toLinkState(sender);
  await vi.advanceTimersByTimeAsync(3000);
  expect((await made).expected).not.toHaveProperty("next");
  vi.useRealTimers();
});

it("sends what is switched off for the moment as off", async () => {
  sender.edits.add({ kind: "freeze", what: "patterns" });
  sender.edits.paused = true;
  await send();
  expect(receiver.edits.all.map(({ on }) => on)).toEqual([false]);
});

it("keeps edits off until their model is here", async () => {
  sender.edits.add(EDITS[3]!);
  sender.edits.add(EDITS[0]!);
  const state = await toLinkState(sender);
  const other = {
    ...state,
    model: { ...state.model, sha256: "cd".repeat(32), embedded: false, name: "mine" },
  };
  await openLink(receiver, `#${await encodeLink(other)}`);
  expect(receiver.comparison).toMatch(/^This link needs the model mine/);
  expect(receiver.edits.active.map(({ kind }) => kind)).toEqual(["zero"]);
  engine.next = { ...TEST_MODEL, sha256: "cd".repeat(32) };
  receiver.onLoaded = undefined;
  await receiver.loader.loadEmbedded("ledger");
  await openLink(receiver, `#${await encodeLink(other)}`);
  expect(receiver.edits.active.map(({ kind }) => kind)).toEqual(["patch", "zero"]);
});

it("compares nothing once the question is another one", async () => {
  await sender.chain.recompute();
  await send();
  await vi.waitFor(() => expect(receiver.comparison).toMatch(/^Matches the sender's numbers/));
  receiver.chain.setValue({ value: "probability" });
  await receiver.chain.recompute();
  expect(receiver.comparison ?? "").not.toMatch(/sender's numbers/);
  receiver.chain.setValue({ value: "logProb" });
  await receiver.chain.recompute();
  await vi.waitFor(() => expect(receiver.comparison).toMatch(/^Matches the sender's numbers/));
  receiver.chain.fillerText = "x";
  expect(receiver.comparison ?? "").not.toMatch(/sender's numbers/);
});
