/** What the page says of the recorded example: a match is claimed of the numbers on screen, or not at all. */
import { beforeEach, expect, it, vi } from "vitest";
import { compareWithRecording, RECORDING, showRecording } from "./recording";
import { Session } from "../state/session.svelte";
import { createTestEngine, TEST_MODEL, type TestEngine } from "../state/testEngine";

let session: Session;
let engine: TestEngine;

beforeEach(async () => {
  vi.stubGlobal("fetch", async () => Response.json([]));
  engine = createTestEngine();
  engine.next = { ...TEST_MODEL, sha256: RECORDING.model.sha256 };
  session = new Session(engine);
  showRecording(session);
  expect(session.comparison).toBe("recorded · starting the engine…");
  const { baseline, early, loo, game } = RECORDING;
  const result = (logProb: number) => ({
    logProb,
    top: { ids: Uint32Array.of(2), logProbs: Float32Array.of(-0.1) },
  });
  // This engine gives what was recorded.
  engine.coalitions = async ({ coalitions, chain }) => {
    const n = chain.steps.length;
    return coalitions.map((present) => {
      const count = present.filter(Boolean).length;
      const out = present.indexOf(false);
      if (count === n) return result(baseline.logProb);
      return result(count === n - 1 && out < n - 1 ? baseline.logProb - loo[out]! : early[count]!);
    });
  };
  engine.chainGame = async () => structuredClone(game);
  await session.start();
  await compareWithRecording(session);
});

const MATCH = /^live · matches the recording \(max difference .* nats, tolerance 1e−3, f16 on the CPU\)$/;

it("says that the numbers match, and no longer once something else is on screen", async () => {
  expect(session.comparison).toMatch(MATCH);
  session.edits.add({ kind: "freeze", what: "patterns" });
  expect(session.comparison).toBeUndefined();
  session.edits.clear();
  expect(session.comparison).toMatch(MATCH);
  session.chain.toggle(0);
  expect(session.comparison).toBeUndefined();
});

it.each([
  ["another mode", (one: Session) => one.chain.setMode("mask")],
  ["a step less, the same text", (one: Session) => one.chain.merge(0)],
  ["another value", (one: Session) => one.chain.setValue({ value: "margin" })],
  ["another answer", (one: Session) => one.chain.setAnswer("11")],
  ["another device, until its numbers are here", (one: Session) => void one.chain.renew()],
])("says nothing of %s", (_, change) => {
  expect(session.comparison).toMatch(MATCH);
  change(session);
  expect(session.comparison).toBeUndefined();
});

it("never compares the recording with itself", async () => {
  showRecording(session);
  await session.chain.recompute();
  expect(session.chain.game.done).toBe(RECORDING.game);
  expect(session.comparison).toBeUndefined();
});

it("says nothing about another model", async () => {
  engine.next = { ...TEST_MODEL, sha256: "cd".repeat(32) };
  await session.loader.loadEmbedded("quotes");
  expect(session.comparison).toBeUndefined();
});

it("measures the difference of the numbers on screen", async () => {
  const effect = session.chain.effect!;
  session.chain.effect = { ...effect, now: { ...effect.now, logProb: effect.now.logProb - 0.25 } };
  expect(session.comparison).toMatch(
    /^live · differs from the recording by up to 0\.250 nats, first in log p now/,
  );
});
