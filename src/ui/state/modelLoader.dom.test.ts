/** What becomes of files: a model, a model that has to be asked about, autoencoders with a model or without one. */
import { beforeEach, expect, it, vi } from "vitest";
import type { ModelSource } from "../../protocol/api";
import { VitrineError } from "../../protocol/errors";
import type { MissingFields } from "../../protocol/missingFields";
import { Session } from "./session.svelte";
import { createTestEngine, TEST_MODEL, type TestEngine } from "./testEngine";
import { startTestSession } from "./testSession";

const REPORT: MissingFields = {
  ...{ file: "toy.pt", as: "a toy", known: [] },
  wanted: [{ name: "n_head", what: "the number of attention heads" }],
};
const FILES = [Object.assign(new File(["x"], "toy.pt"), { webkitRelativePath: "" })];
let engine: TestEngine;
let attached: (readonly File[])[];

beforeEach(() => {
  vi.stubGlobal("fetch", async () => Response.json([]));
  engine = createTestEngine();
  attached = [];
  Object.assign(engine, {
    attachSaes: async (source: { files: readonly File[] }) => (attached.push(source.files), []),
  });
});

it("asks about a model that does not say all, and opens it with the answers", async () => {
  const { session } = await startTestSession(engine);
  const loads = vi.spyOn(engine, "loadModel");
  Object.assign(engine, { missingFields: async () => REPORT });
  engine.next = new VitrineError("MissingFields", "toy.pt does not say n_head");
  expect(await session.loader.loadFiles(FILES)).toBe(false);
  expect(session.loader.incomplete?.report).toEqual(REPORT);
  expect([session.loader.error, session.model?.name]).toEqual([undefined, "ledger"]);
  engine.next = { ...TEST_MODEL, sha256: "cd".repeat(32), checkpoints: { names: ["0", "1"], chosen: 1 } };
  expect(await session.loader.complete({ n_head: 4 })).toBe(true);
  expect((loads.mock.calls.at(-1)?.[0] as ModelSource).fields).toEqual({ n_head: 4 });
  expect(session.loader.incomplete).toBeUndefined();
  // Another of its checkpoints keeps what was said.
  await session.loader.chooseCheckpoint(0);
  expect((loads.mock.calls.at(-1)?.[0] as ModelSource).fields).toEqual({ n_head: 4, checkpoint: 0 });
});

it("attaches autoencoders to the open model, and never loads them as one", async () => {
  const { session } = await startTestSession(engine);
  const loads = vi.spyOn(engine, "loadModel");
  Object.assign(engine, { sortFiles: async () => ({ saes: ["toy.pt"], lenses: [], hasModel: false }) });
  expect(await session.loader.loadFiles(FILES)).toBe(true);
  expect(attached).toEqual([FILES]);
  expect(loads).not.toHaveBeenCalled();
});

it("opens a Jacobian lens for the open model, in the view where it is read", async () => {
  const { session } = await startTestSession(engine);
  const loads = vi.spyOn(engine, "loadModel");
  const lens = { id: 1, name: "toy.pt", source: "file", notes: ["It does not say the hash."] };
  const opened: string[][] = [];
  Object.assign(engine, {
    sortFiles: async () => ({ saes: [], lenses: ["toy.pt"], hasModel: false }),
    openLenses: async (files: readonly File[]) => (opened.push(files.map(({ name }) => name)), [lens]),
    lenses: async () => [lens],
  });
  expect(await session.loader.loadFiles(FILES)).toBe(true);
  expect(opened).toEqual([["toy.pt"]]);
  expect([session.panel, session.message?.text, session.lenses.list.length]).toEqual([
    ...["Lens", "toy.pt: a Jacobian lens. It does not say the hash.", 1],
  ]);
  expect([loads.mock.calls.length, attached]).toEqual([0, []]);
  const none = new Session(engine);
  expect(await none.loader.loadFiles(FILES)).toBe(false);
  expect(none.loader.error).toMatch(/^toy\.pt is a Jacobian lens, which needs a model/);
});

it("opens the model first where autoencoders lie with it", async () => {
  const { session } = await startTestSession(engine);
  Object.assign(engine, { sortFiles: async () => ({ saes: ["toy.pt"], lenses: [], hasModel: true }) });
  expect(await session.loader.loadFiles(FILES, "folder")).toBe(true);
  expect([session.model?.name, attached.length]).toEqual(["folder", 1]);
});

it("says that an autoencoder needs a model where none is open", async () => {
  Object.assign(engine, { sortFiles: async () => ({ saes: ["toy.pt"], lenses: [], hasModel: false }) });
  const session = new Session(engine);
  expect(await session.loader.loadFiles(FILES)).toBe(false);
  expect(session.loader.error).toBe(
    "toy.pt is a sparse autoencoder, which needs a model to read: open the model first.",
  );
});

it("attaches the autoencoders that lie with the model that was chosen, and not another model's", async () => {
  const { session } = await startTestSession(engine);
  const at = (value: string) =>
    Object.defineProperty(new File(["x"], value.split("/").at(-1) ?? ""), "webkitRelativePath", { value });
  const folders = ["top/a", "top/b"].flatMap((folder) => [
    at(`${folder}/model.safetensors`),
    at(`${folder}/saes/l0/sae_weights.safetensors`),
  ]);
  const saes = ["top/a/saes/l0/sae_weights.safetensors", "top/b/saes/l0/sae_weights.safetensors"];
  Object.assign(engine, { sortFiles: async () => ({ saes, lenses: [], hasModel: true }) });
  expect(await session.loader.loadFiles(folders, "top")).toBe(false);
  expect(attached).toEqual([]);
  expect(await session.loader.choose(session.loader.choices[1]!)).toBe(true);
  expect(session.model?.name).toBe("top/b");
  const paths = (files: readonly File[] | undefined) => files?.map((file) => file.webkitRelativePath);
  expect(attached.map(paths)).toEqual([["top/b/model.safetensors", "top/b/saes/l0/sae_weights.safetensors"]]);
});

it("says what is remarkable about a model once it has its tokenizer, and nothing twice", async () => {
  engine.next = { ...TEST_MODEL, hasTokenizer: false, notes: ["Old.", "tokenizer.json not found."] };
  const { session } = await startTestSession(engine);
  const notes = ["Old.", "tokenizer.json belongs to another model."];
  const completed = { ...TEST_MODEL, name: "toy", hasTokenizer: true, notes };
  Object.assign(engine, { completeModel: async () => completed });
  expect(await session.loader.loadFiles([new File(["{}"], "tokenizer.json")])).toBe(true);
  expect(session.message?.text).toBe(
    "toy reads text now, with this tokenizer. tokenizer.json belongs to another model.",
  );
});
