/** The cache on a file system of maps: what is kept comes back, and what was cut never does. */
import { beforeEach, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import { ModelCache, type Locks, type Storage } from "./modelCache";
import { fileFromBytes, type FileSet } from "../bytes/source";

/** A folder in memory that behaves as OPFS does, as far as the cache can see. */
class Folder {
  readonly kind = "directory";
  readonly entries = new Map<string, Folder | StoredFile>();
  constructor(
    readonly name: string,
    readonly disk: { free: number },
  ) {}
  async getDirectoryHandle(name: string, options?: { create?: boolean }) {
    return this.#get(name, options, () => new Folder(name, this.disk)) as Folder;
  }
  async getFileHandle(name: string, options?: { create?: boolean }) {
    return this.#get(name, options, () => new StoredFile(name, this)) as StoredFile;
  }
  #get(name: string, options: { create?: boolean } | undefined, make: () => Folder | StoredFile) {
    const found = this.entries.get(name) ?? (options?.create ? make() : undefined);
    if (!found) throw new DOMException(name, "NotFoundError");
    this.entries.set(name, found);
    return found;
  }
  async removeEntry(name: string) {
    if (!this.entries.delete(name)) throw new DOMException(name, "NotFoundError");
  }
  async *values() {
    yield* [...this.entries.values()];
  }
}

class StoredFile {
  readonly kind = "file";
  bytes = new Uint8Array();
  constructor(
    public name: string,
    readonly folder: Folder,
  ) {}
  async getFile() {
    return new File([this.bytes], this.name);
  }
  async createSyncAccessHandle() {
    return {
      truncate: (size: number) => (this.bytes = this.bytes.slice(0, size)),
      write: (bytes: Uint8Array, { at }: { at: number }) => {
        if (bytes.length > this.folder.disk.free) throw new DOMException("full", "QuotaExceededError");
        this.folder.disk.free -= bytes.length;
        const grown = new Uint8Array(at + bytes.length);
        grown.set(this.bytes);
        grown.set(bytes, at);
        this.bytes = grown;
        return bytes.length;
      },
      flush: () => undefined,
      close: () => undefined,
    };
  }
  async move(name: string) {
    this.folder.entries.delete(this.name);
    this.folder.entries.set((this.name = name), this);
  }
}

const SHA = "ab".repeat(32);
const MODEL = { name: "mine", sha256: SHA, parameters: 7 };
const WEIGHTS = Uint8Array.from({ length: 1000 }, (_, i) => i);
const FILES: FileSet = [
  fileFromBytes("folder/config.json", new TextEncoder().encode("{}")),
  fileFromBytes("folder/model.safetensors", WEIGHTS),
];
const locks: Locks = { request: (_, work) => work() };

let disk: { free: number };
let root: Folder;
let cache: ModelCache;
beforeEach(() => {
  disk = { free: 10_000 };
  root = new Folder("", disk);
  const storage = {
    getDirectory: async () => root as unknown as FileSystemDirectoryHandle,
    estimate: async () => ({ quota: 20_000, usage: 20_000 - disk.free }),
  } satisfies Storage;
  cache = new ModelCache(storage, locks);
});
const keep = (files = FILES) => cache.keep(MODEL, files, NEVER_CANCELLED);
const place = async () => (await root.getDirectoryHandle("models")).getDirectoryHandle(SHA);

it("keeps a model, lists it with its size, opens and deletes it", async () => {
  const kept = await keep();
  expect(kept).toMatchObject({ ...MODEL, sizeBytes: 1002 });
  const { models, freeBytes } = await cache.list();
  expect(models).toEqual([kept]);
  expect(freeBytes).toBe(disk.free);
  const files = await cache.open(SHA);
  expect(files.map(({ name }) => name)).toEqual(["config.json", "model.safetensors"]);
  expect(await files[1]?.slice(10, 20)).toEqual(WEIGHTS.slice(10, 20));
  await cache.delete(SHA);
  expect((await cache.list()).models).toEqual([]);
  await expect(cache.open(SHA)).rejects.toThrow("no longer kept");
});

it("adds a tokenizer to a kept model without writing its weights again", async () => {
  await keep();
  const before = disk.free;
  const tokenizer = fileFromBytes("tokenizer.json", new TextEncoder().encode("{}"));
  await keep([...(await cache.open(SHA)), tokenizer]);
  expect(before - disk.free).toBeLessThan(500);
  const files = await cache.open(SHA);
  expect(files.map(({ name }) => name)).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);
  expect(await files[1]?.slice(0, 1000)).toEqual(WEIGHTS);
});

it("takes a write that was cut for nothing, and clears it away", async () => {
  await keep();
  await (await place()).removeEntry("kept.json");
  expect((await cache.list()).models).toEqual([]);
  await expect(cache.open(SHA)).rejects.toThrow("no longer kept");
  await cache.keep({ ...MODEL, sha256: "cd".repeat(32) }, FILES, NEVER_CANCELLED);
  expect([...(await root.getDirectoryHandle("models")).entries.keys()]).toEqual(["cd".repeat(32)]);
});

it("is not fooled by a manifest that was not finished, or by a file that was cut", async () => {
  await keep();
  (await (await place()).getFileHandle("model.safetensors")).bytes = WEIGHTS.slice(0, 10);
  await expect(cache.open(SHA)).rejects.toThrow("no longer kept");
  const manifest = await (await place()).getFileHandle("kept.json");
  await manifest.move("kept.json.part");
  expect((await cache.list()).models).toEqual([]);
});

it("says how much is missing before it writes, and when the disk is full on the way", async () => {
  disk.free = 500;
  await expect(keep()).rejects.toThrow(
    /^mine takes 0 MiB, and the browser grants this page 0 MiB more: delete/,
  );
  expect(root.entries.get("models")).toMatchObject({ entries: new Map() });
  disk.free = 1001;
  cache = new ModelCache(
    { getDirectory: async () => root as unknown as FileSystemDirectoryHandle, estimate: async () => ({}) },
    locks,
  );
  await expect(keep()).rejects.toMatchObject({ name: "OutOfMemory" });
  expect((await cache.list()).models).toEqual([]);
});

it("leaves nothing behind when it is cancelled", async () => {
  const pauser = { pause: () => Promise.reject(new Error("stop")) };
  await expect(cache.keep(MODEL, FILES, pauser)).rejects.toThrow("stop");
  expect(root.entries.get("models")).toMatchObject({ entries: new Map() });
});

it("says that a browser keeps nothing", async () => {
  const refuse = { getDirectory: () => Promise.reject(new DOMException("no", "SecurityError")) };
  cache = new ModelCache({ ...refuse, estimate: async () => ({}) }, locks);
  await expect(cache.list()).rejects.toThrow("keeps no files for this page");
});
