/** Which folders are remembered: those that a model was opened from. */
import { beforeEach, expect, it, vi } from "vitest";
import { rememberFolder, type RecentFolder } from "../files/recentFolders";
import { createTestEngine, TEST_MODEL, type TestEngine } from "./testEngine";
import { startTestSession } from "./testSession";

// There is no IndexedDB here.
vi.mock("../files/recentFolders", () => ({ rememberFolder: vi.fn(), recentFolders: async () => [] }));

/** A granted folder with these files. */
function folder(name: string, ...files: string[]): FileSystemDirectoryHandle {
  const entries = files.map((file) => ({ kind: "file", getFile: async () => new File(["x"], file) }));
  const values = async function* () {
    yield* entries;
  };
  return { name, kind: "directory", values } as unknown as FileSystemDirectoryHandle;
}

const remembered = () =>
  vi.mocked(rememberFolder).mock.calls.map(([{ handle }]: [RecentFolder]) => handle.name);

let engine: TestEngine;
beforeEach(() => {
  vi.stubGlobal("fetch", async () => Response.json([]));
  vi.mocked(rememberFolder).mockReset().mockResolvedValue(undefined);
  engine = createTestEngine();
});

it("remembers a model's folder", async () => {
  const { session } = await startTestSession(engine);
  expect(await session.recentModels.openFolder(folder("gpt2", "config.json", "model.safetensors"))).toBe(
    true,
  );
  expect(remembered()).toEqual(["gpt2"]);
});

it("does not remember an autoencoder's or a tokenizer's folder in its place", async () => {
  engine.next = { ...TEST_MODEL, hasTokenizer: false };
  const { session } = await startTestSession(engine);
  const { recentModels } = session;
  await recentModels.openFolder(folder("gpt2", "model.safetensors"));
  Object.assign(engine, {
    sortFiles: async () => ({ saes: ["l0/ae.pt"], lenses: [], hasModel: false }),
    attachSaes: async () => [],
  });
  expect(await recentModels.openFolder(folder("l0", "ae.pt"))).toBe(true);
  expect(await recentModels.openFolder(folder("words", "tokenizer.json"))).toBe(true);
  expect(session.model?.hasTokenizer).toBe(true);
  expect(remembered()).toEqual(["gpt2"]);
});
