/**
 * Models that the visitor asked to keep, in the origin-private file system (OPFS): a folder each, named by the
 * SHA-256 of its weights, with a manifest that lists the files. The manifest comes last, is written under another
 * name and then renamed; a folder without one is the rest of a write that was cut, and never a model.
 */
import type { KeptModel, KeptModels, ModelInfo } from "../../../protocol/api";
import type { Progress } from "../../../protocol/progress";
import type { Pauser } from "../../../protocol/cancel";
import { VitrineError } from "../../../protocol/errors";
import { isJsonObject } from "../bytes/json";
import { baseNameOf, type ByteFile, type FileSet } from "../bytes/source";

/** What is used of `navigator.storage`. */
export type Storage = Pick<StorageManager, "getDirectory" | "estimate">;

/** What is used of `navigator.locks`: one tab at a time changes what is kept. */
export interface Locks {
  request<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Handles that are opened for writing in a worker; TypeScript's page types leave them out. */
interface WritableFile extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<{
    truncate(size: number): void;
    write(bytes: Uint8Array, options: { at: number }): number;
    flush(): void;
    close(): void;
  }>;
  move(name: string): Promise<void>;
}

interface Manifest extends KeptModel {
  readonly files: readonly { readonly name: string; readonly size: number }[];
}

const FOLDER = "models";
const LOCK = "vitrine-models";
const MANIFEST = "kept.json";
const UNFINISHED = "kept.json.part";
const SLICE_BYTES = 8 * 1024 * 1024;

export class ModelCache {
  /** Files that were opened from here, by the hash of their model. */
  readonly #own = new WeakMap<ByteFile, string>();

  constructor(
    private readonly storage: Storage = navigator.storage,
    private readonly locks: Locks = navigator.locks,
  ) {}

  async list(): Promise<KeptModels> {
    const folder = await this.#folder();
    const models: KeptModel[] = [];
    for await (const place of foldersIn(folder)) {
      const manifest = await readManifest(place);
      if (manifest) models.push(asKeptModel(manifest));
    }
    const freeBytes = await this.#freeBytes();
    return {
      models: models.sort((a, b) => (a.keptAt < b.keptAt ? 1 : -1)),
      ...(freeBytes === undefined ? {} : { freeBytes }),
    };
  }

  /** Writes the files of a model; what was there under its hash is replaced. */
  keep(
    { name, sha256, parameters }: Pick<ModelInfo, "name" | "sha256" | "parameters">,
    files: FileSet,
    pauser: Pauser,
    onProgress?: (progress: Progress) => void,
  ): Promise<KeptModel> {
    return this.locks.request(LOCK, async () => {
      await this.#sweep();
      // A file that was opened from here is here.
      const added = files.filter((file) => this.#own.get(file) !== sha256);
      const addedBytes = added.reduce((sum, { size }) => sum + size, 0);
      await this.#makeRoom(name, addedBytes);
      const folder = await this.#folder();
      const place = await folder.getDirectoryHandle(sha256, { create: true });
      const before = await readManifest(place);
      try {
        await removeIfThere(place, MANIFEST);
        let done = 0;
        for (const file of added) {
          await write(place, baseNameOf(file), file, pauser, (bytes) => {
            done += bytes;
            onProgress?.({ done, total: addedBytes, note: `keeping ${file.name}` });
          });
        }
        const sizeBytes = files.reduce((sum, { size }) => sum + size, 0);
        const manifest: Manifest = {
          ...{ name, sha256, parameters, sizeBytes, keptAt: new Date().toISOString() },
          files: files.map((file) => ({ name: baseNameOf(file), size: file.size })),
        };
        await writeManifest(place, manifest);
        return asKeptModel(manifest);
      } catch (error) {
        if (before) await writeManifest(place, before);
        else await removeIfThere(folder, sha256);
        const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
        throw isFull ? tooLarge(name, addedBytes, await this.#freeBytes(), error) : error;
      }
    });
  }

  /** The files of a kept model. */
  async open(sha256: string): Promise<FileSet> {
    const gone = (cause?: unknown) =>
      new VitrineError(
        "BadFile",
        "This model is no longer kept on this device: the browser or another tab has deleted it; open it from where it came.",
        { cause },
      );
    try {
      const place = await (await this.#folder()).getDirectoryHandle(sha256);
      const manifest = await readManifest(place);
      if (!manifest) throw gone();
      return await Promise.all(
        manifest.files.map(async ({ name, size }): Promise<ByteFile> => {
          const file = await (await place.getFileHandle(name)).getFile();
          if (file.size !== size) throw gone();
          const slice = async (start: number, end: number) => {
            try {
              return new Uint8Array(await file.slice(start, end).arrayBuffer());
            } catch (cause) {
              throw gone(cause);
            }
          };
          const opened = { name, size, slice };
          this.#own.set(opened, sha256);
          return opened;
        }),
      );
    } catch (error) {
      throw error instanceof VitrineError ? error : gone(error);
    }
  }

  delete(sha256: string): Promise<void> {
    return this.locks.request(LOCK, async () => removeIfThere(await this.#folder(), sha256));
  }

  async #folder(): Promise<FileSystemDirectoryHandle> {
    try {
      return await (await this.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
    } catch (cause) {
      const message =
        "This browser keeps no files for this page; a private window often does not: use an ordinary one.";
      throw new VitrineError("Unsupported", message, { cause });
    }
  }

  /** Removes what cut writes have left. */
  async #sweep(): Promise<void> {
    const folder = await this.#folder();
    const rests: string[] = [];
    for await (const place of foldersIn(folder)) {
      if (!(await readManifest(place))) rests.push(place.name);
    }
    for (const name of rests) await removeIfThere(folder, name);
  }

  /** What the browser still grants; undefined where it does not tell. */
  async #freeBytes(): Promise<number | undefined> {
    const { quota, usage } = await this.storage.estimate();
    return quota === undefined ? undefined : Math.max(0, quota - (usage ?? 0));
  }

  async #makeRoom(name: string, sizeBytes: number): Promise<void> {
    const freeBytes = await this.#freeBytes();
    if (freeBytes !== undefined && sizeBytes > freeBytes) throw tooLarge(name, sizeBytes, freeBytes);
  }
}

function tooLarge(name: string, sizeBytes: number, freeBytes = 0, cause?: unknown): VitrineError {
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20).toLocaleString("en")} MiB`;
  const message = `${name} takes ${mebibytes(sizeBytes)}, and the browser grants this page ${mebibytes(freeBytes)} more: delete a kept model, or free disk space. It stays loaded.`;
  return new VitrineError("OutOfMemory", message, { cause });
}

function asKeptModel({ name, sha256, parameters, sizeBytes, keptAt }: Manifest): KeptModel {
  return { name, sha256, parameters, sizeBytes, keptAt };
}

async function* foldersIn(folder: FileSystemDirectoryHandle): AsyncGenerator<FileSystemDirectoryHandle> {
  // The page types say only that these are handles of some kind.
  for await (const entry of folder.values())
    if (entry.kind === "directory") yield entry as FileSystemDirectoryHandle;
}

async function readManifest(place: FileSystemDirectoryHandle): Promise<Manifest | undefined> {
  try {
    const file = await (await place.getFileHandle(MANIFEST)).getFile();
    const manifest: unknown = JSON.parse(await file.text());
    // Nobody but this file writes it: its name says that it is whole.
    return isJsonObject(manifest) && manifest.sha256 === place.name
      ? (manifest as unknown as Manifest)
      : undefined;
  } catch {
    return undefined;
  }
}

async function write(
  place: FileSystemDirectoryHandle,
  name: string,
  file: Pick<ByteFile, "size" | "slice">,
  pauser: Pauser,
  onBytes: (count: number) => void,
): Promise<WritableFile> {
  const handle = (await place.getFileHandle(name, { create: true })) as WritableFile;
  const access = await handle.createSyncAccessHandle();
  try {
    access.truncate(0);
    for (let at = 0; at < file.size; at += SLICE_BYTES) {
      await pauser.pause();
      const bytes = await file.slice(at, Math.min(file.size, at + SLICE_BYTES));
      if (access.write(bytes, { at }) < bytes.length)
        throw new DOMException("disk full", "QuotaExceededError");
      onBytes(bytes.length);
    }
    access.flush();
  } finally {
    access.close();
  }
  return handle;
}

async function writeManifest(place: FileSystemDirectoryHandle, manifest: Manifest): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(manifest));
  const file = { size: bytes.length, slice: async () => bytes };
  const handle = await write(place, UNFINISHED, file, { pause: async () => undefined }, () => undefined);
  await handle.move(MANIFEST);
}

async function removeIfThere(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  await folder.removeEntry(name, { recursive: true }).catch((error: unknown) => {
    if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
  });
}
