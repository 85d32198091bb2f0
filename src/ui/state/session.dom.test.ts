/** The session against the test engine: loading, refusing, thinking, losing the device and the worker. */
import { beforeEach, expect, it, vi } from "vitest";
import { VitrineError } from "../../protocol/errors";
import { Session } from "./session.svelte";
import { createTestEngine, TEST_MODEL, type TestEngine } from "./testEngine";

const EXAMPLE = {
  title: "One step",
  prompt: "Ann has 3 . Think :",
  steps: [" Ann 3 + 4 = 7 ."],
  answerPrefix: " Answer :",
  answer: " 7",
};

let engine: TestEngine;
let session: Session;

beforeEach(() => {
  vi.stubGlobal("fetch", async () => Response.json([EXAMPLE]));
  engine = createTestEngine();
  session = new Session(engine);
});

const files = [Object.assign(new File(["{}"], "config.json"), { webkitRelativePath: "" })];

it("opens the device and the first embedded model, and shows its first example", async () => {
  await session.start();
  expect(session.device?.kind).toBe("cpu");
  expect(session.model?.name).toBe("ledger");
  expect(session.promptText).toBe(EXAMPLE.prompt);
  await vi.waitFor(() => expect(session.tokens.map(({ text }) => text).join("")).toContain("Answer : 7"));
});

it("says whose steps they are once another model reads them", async () => {
  await session.start();
  engine.writes = " Ann 3 + 4 = 7 . Answer : 7";
  await session.think();
  expect(session.chain.otherWriter).toBeUndefined();
  engine.next = { ...TEST_MODEL, name: "ledger-posthoc", sha256: "ef".repeat(32) };
  await session.loader.loadEmbedded("ledger-posthoc");
  expect(session.chain.otherWriter).toBe("ledger");
  session.showExample(EXAMPLE);
  expect(session.chain.otherWriter).toBeUndefined();
});

it("keeps the loaded model when files are refused, and says why", async () => {
  await session.start();
  engine.next = new VitrineError("BadFile", "config.json: model_type is missing.");
  expect(await session.loader.loadFiles(files)).toBe(false);
  expect(session.loader.error).toBe("config.json: model_type is missing.");
  expect(session.model?.name).toBe("ledger");
});

it("says nothing about a load that was cancelled", async () => {
  await session.start();
  engine.next = new VitrineError("Cancelled", "Stopped.");
  await session.loader.loadFiles(files);
  expect(session.loader.error).toBeUndefined();
  expect(session.model?.name).toBe("ledger");
});

it("lets the newer of two loads win", async () => {
  await session.start();
  const [first, second] = await Promise.all([
    session.loader.loadEmbedded("ledger"),
    session.loader.loadEmbedded("ledger-posthoc"),
  ]);
  expect([first, second]).toEqual([false, true]);
  expect(session.model?.name).toBe("ledger-posthoc");
});

it("thinks: what was written becomes steps, cue and answer", async () => {
  await session.start();
  session.promptText = "Ann has 3 . Think :";
  engine.writes = " Ann 3 + 4 = 7 . Ann 7 - 2 = 5 . Answer : 5";
  const thinking = session.think();
  expect(session.generating).toBe(true);
  await thinking;
  expect(session.generating).toBe(false);
  expect(session.chain.text).toEqual({
    prompt: "Ann has 3 . Think :",
    steps: [" Ann 3 + 4 = 7 .", " Ann 7 - 2 = 5 ."],
    answerPrefix: " Answer :",
    answer: " 5",
  });
});

it("writes under the edits that are on", async () => {
  await session.start();
  const { id } = session.edits.add({ kind: "freeze", what: "patterns" });
  session.edits.add({ kind: "token", position: 99, token: 2, text: " a" });
  const asked = vi.spyOn(engine, "generate");
  await session.think();
  expect(asked.mock.lastCall?.[0].edits).toMatchObject([{ id, kind: "freeze" }]);
  expect(session.message?.text).toMatch(/^One token replacement lies after the prompt/);
  session.edits.clear();
  await session.think();
  expect(asked.mock.lastCall?.[0]).not.toHaveProperty("edits");
});

it("stops when asked, without an error", async () => {
  await session.start();
  engine.writes = " a".repeat(200);
  session.maxTokens = 200;
  const thinking = session.think();
  session.stop();
  await thinking;
  expect(session.generating).toBe(false);
  expect(session.message).toBeUndefined();
});

it("takes token ids where there is no tokenizer, and refuses what is not one", async () => {
  engine.next = { ...TEST_MODEL, hasTokenizer: false };
  await session.start();
  expect((await session.promptTokens("5, 6 7")).map(({ id }) => id)).toEqual([5, 6, 7]);
  await expect(session.promptTokens("5 1000")).rejects.toThrow("type ids from 0 to 999");
});

it("says what is remarkable about a model, and clears words that it cannot read", async () => {
  await session.start();
  engine.next = { ...TEST_MODEL, hasTokenizer: false, notes: ["tokenizer.json not found: type token ids."] };
  await session.loader.loadFiles(files);
  expect(session.message).toEqual({ kind: "info", text: "tokenizer.json not found: type token ids." });
  expect(session.promptText).toBe("");
  expect(session.tokens).toEqual([]);
});

it("looks closer at a doubtful model once the page has answered, and says what it finds", async () => {
  await session.start();
  const asked: string[] = [];
  let answer: string | undefined = "It reads better without its attention.";
  engine.examineModel = async (_, slot) => {
    asked.push(`${slot}, ${session.chain.computing ? "computing" : "answered"}`);
    return answer;
  };
  await session.loader.loadFiles(files);
  expect(asked).toEqual([]);
  engine.next = { ...TEST_MODEL, isDoubtful: true, notes: ["A note."] };
  await session.loader.loadFiles(files);
  await expect.poll(() => session.message?.text).toBe("A note. It reads better without its attention.");
  expect(asked).toEqual(["main, answered"]);
  expect(session.health.problemOf(session.model)).toBe(answer);
  answer = undefined;
  await session.loader.loadFiles(files);
  await expect.poll(() => asked.length).toBe(2);
  expect(session.health.problemOf(session.model)).toBeUndefined();
});

it("draws a new example with a new seed each time", async () => {
  await session.start();
  session.newExample();
  const [seed, prompt] = [session.exampleSeed, session.promptText];
  session.newExample();
  expect(session.exampleSeed).not.toBe(seed);
  expect(session.promptText).not.toBe(prompt);
  session.newExample(seed);
  expect(session.promptText).toBe(prompt);
});

it("tells of a lost and of a restored device, and keeps the prompt", async () => {
  await session.start();
  engine.emit({ type: "deviceLost", message: "reset" });
  expect(session.message?.text).toMatch(/^The GPU was reset\. Restoring ledger…/);
  engine.emit({
    type: "deviceRestored",
    device: { kind: "webgpu", label: "GPU A", reason: "", preference: "auto" },
  });
  expect(session.message?.text).toMatch(/^Restored on GPU A/);
  expect(session.promptText).toBe(EXAMPLE.prompt);
});

it("after the worker died, opens the same model again from the visitor's files", async () => {
  await session.start();
  await session.loader.loadFiles(files);
  session.promptText = "mine";
  await session.restart();
  expect(session.model).toMatchObject({ name: "config.json", source: "files" });
  expect(session.message?.text).toMatch(/^The engine stopped and was started again/);
  expect(session.promptText).toBe("mine");
});

it("puts the prompt into the chat template, which brings its own BOS", async () => {
  engine.next = { ...TEST_MODEL, hasChatTemplate: true };
  await session.start();
  session.promptText = "How many?";
  await session.asChat();
  expect(session.promptText).toBe("[user] How many? [model]");
  expect(session.addBos).toBe(false);
  expect(session.tokens.map(({ text }) => text).join("")).toContain("[model]");
});
