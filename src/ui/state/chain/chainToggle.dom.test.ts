/** How often a toggle and a link go to the worker: every trip costs a visitor's wait. */
import { beforeEach, expect, it, vi } from "vitest";
import { encodeLink } from "../../../client/link/link";
import { openLink, toLinkState } from "../../link/permalink";
import { createTestEngine } from "../testEngine";
import { startTestSession } from "../testSession";

beforeEach(() => vi.stubGlobal("fetch", async () => Response.json([])));

it("asks once for a step that is switched off, and not at all when it is back", async () => {
  const { session, engine } = await startTestSession();
  const { chain } = session;
  await chain.settled();
  const before = engine.calls.length;
  chain.toggle(0);
  await chain.settled();
  const without = chain.effect!.now.logProb;
  // The tokens of an answer that was not shown before are described, once.
  expect(engine.calls.slice(before).filter((name) => name !== "describeTokens")).toEqual(["coalitions"]);
  const between = engine.calls.length;
  chain.toggle(0);
  await chain.settled();
  expect(engine.calls.slice(between)).toEqual([]);
  expect(chain.effect!.now).toBe(chain.effect!.baseline);
  expect(chain.effect!.now.logProb).not.toBe(without);
});

it("computes a link's chain once", async () => {
  const { session: sender } = await startTestSession();
  sender.chain.setAnswer("9");
  sender.chain.toggle(1);
  await sender.chain.settled();
  const link = `#${await encodeLink(await toLinkState(sender))}`;
  const engine = createTestEngine();
  const { session } = await startTestSession(engine);
  await session.chain.settled();
  const before = engine.calls.length;
  await openLink(session, link);
  const asked = engine.calls.slice(before);
  // The toggled chain beside the whole one, and its curves.
  expect(asked.filter((name) => name === "coalitions")).toHaveLength(2);
  expect(asked.filter((name) => name === "tokenizeChain")).toHaveLength(1);
  expect(session.chain.present).toEqual([true, false]);
});
