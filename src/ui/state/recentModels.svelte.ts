/**
 * Models from before. Kept ones are copies on this device, made when the visitor asks; recent folders
 * are remembered without a copy, and the browser asks again before they are read.
 */
import type { EngineApi, KeptModel, ModelInfo, ModelSource } from "../../protocol/api";
import type { Progress } from "../../protocol/progress";
import { isVitrineError } from "../../protocol/errors";
import { filesInFolder, mayRead } from "../files/folderAccess";
import { forgetFolder, recentFolders, rememberFolder, type RecentFolder } from "../files/recentFolders";

const KEEP = "keep-model";

/** What the recentModels needs of the session: opening a model, which one is open, and where it came from. */
export interface Opener {
  readonly model: ModelInfo | undefined;
  readonly source: ModelSource | undefined;
  loadKept(model: KeptModel): Promise<boolean>;
  loadFiles(files: readonly File[], folder?: string): Promise<boolean>;
}

export class RecentModels {
  kept = $state.raw<readonly KeptModel[]>([]);
  folders = $state.raw<readonly RecentFolder[]>([]);
  /** What the browser still grants this page, if it tells. */
  freeBytes = $state.raw<number | undefined>();
  /** While a model is being kept. */
  keeping = $state.raw<Progress | undefined>();
  error = $state.raw<string | undefined>();
  /** What was typed to open a model from elsewhere; it outlives the menu that it was typed in. */
  address = $state("");

  constructor(
    private readonly engine: EngineApi,
    private readonly opener: Opener,
  ) {}

  isKept(sha256: string): boolean {
    return this.kept.some((model) => model.sha256 === sha256);
  }

  async refresh(): Promise<void> {
    this.folders = await recentFolders();
    await this.#try(async () => {
      const { models, freeBytes } = await this.engine.keptModels();
      this.kept = models;
      this.freeBytes = freeBytes;
    });
  }

  /** Copies the loaded model's files onto this device. */
  async keep(): Promise<void> {
    if (this.keeping) return;
    this.keeping = { done: 0, total: 0, note: "keeping" };
    // Asked for once, so that the browser does not clear what was kept when it wants space.
    await navigator.storage?.persist?.().catch(() => false);
    await this.#try(async () => {
      await this.engine.keepModel(KEEP, (progress) => (this.keeping = progress));
    });
    this.keeping = undefined;
    const { error } = this;
    await this.refresh();
    this.error ??= error;
  }

  cancelKeep(): void {
    void this.engine.cancel(KEEP);
  }

  async delete(sha256: string): Promise<void> {
    await this.#try(() => this.engine.deleteKept(sha256));
    await this.refresh();
  }

  /** Opens a folder that was just granted, and remembers it if the model came from it: not for an autoencoder or a tokenizer. */
  async openFolder(handle: FileSystemDirectoryHandle): Promise<boolean> {
    const files = await filesInFolder(handle);
    const isOpen = await this.opener.loadFiles(files, handle.name);
    const { model, source } = this.opener;
    if (!isOpen || !model || source?.kind !== "files" || source.files !== files) return isOpen;
    const { sha256, name, parameters } = model;
    const openedAt = new Date().toISOString();
    // A private window may store nothing; the model is open all the same.
    await rememberFolder({ sha256, name, parameters, openedAt, handle }).catch(() => undefined);
    this.folders = await recentFolders();
    return true;
  }

  /** Opens a folder from before: the browser asks whether the page may read it. */
  async reopenFolder({ handle, name }: RecentFolder): Promise<boolean> {
    let isOpen = false;
    await this.#try(async () => {
      if (await mayRead(handle)) isOpen = await this.openFolder(handle);
      else this.error = `${name} was not opened: the browser was not allowed to read the folder.`;
    });
    return isOpen;
  }

  async forgetFolder(sha256: string): Promise<void> {
    await this.#try(() => forgetFolder(sha256));
    this.folders = await recentFolders();
  }

  async #try(work: () => Promise<void>): Promise<void> {
    this.error = undefined;
    try {
      await work();
    } catch (error) {
      if (isVitrineError(error, "Cancelled")) return;
      // A folder that was moved or deleted since.
      const isGone = error instanceof DOMException && error.name === "NotFoundError";
      const message = error instanceof Error ? error.message : String(error);
      this.error = isGone ? "This folder is no longer where it was: choose it again." : message;
    }
  }
}
