/**
 * Folders that the visitor grants (File System Access API): where a browser has it, a folder can be read again
 * later without choosing it again. TypeScript's page types leave these parts out.
 */
interface GrantedFolder extends FileSystemDirectoryHandle {
  queryPermission(options: { mode: "read" }): Promise<PermissionState>;
  requestPermission(options: { mode: "read" }): Promise<PermissionState>;
}

type Picker = (options: { id: string; mode: "read" }) => Promise<FileSystemDirectoryHandle>;

function picker(): Picker | undefined {
  return (globalThis as { showDirectoryPicker?: Picker }).showDirectoryPicker;
}

export const canPickFolders = () => picker() !== undefined;

/** Undefined if the visitor closes the dialog. */
export async function pickFolder(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await picker()?.({ id: "model", mode: "read" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return undefined;
    throw error;
  }
}

/** The folder of a drop, where the browser hands out its handle. Must be asked while the drop is handled. */
export function droppedFolder(item: DataTransferItem): Promise<FileSystemDirectoryHandle | undefined> {
  const ask = (item as { getAsFileSystemHandle?: () => Promise<FileSystemHandle | null> })
    .getAsFileSystemHandle;
  return Promise.resolve(ask?.call(item)).then(
    (handle) => (handle?.kind === "directory" ? (handle as FileSystemDirectoryHandle) : undefined),
    () => undefined,
  );
}

/** Asks the visitor where needed; only in answer to a click. */
export async function mayRead(folder: FileSystemDirectoryHandle): Promise<boolean> {
  const granted = folder as GrantedFolder;
  if ((await granted.queryPermission({ mode: "read" })) === "granted") return true;
  return (await granted.requestPermission({ mode: "read" })) === "granted";
}

/** What may be a model, or a part of one. */
const MODEL_FILE = /\.(safetensors|gguf|bin|pth?|json)$/i;

/** True if the models, if any, must lie one folder deeper. */
export const holdsNoModel = (files: readonly File[]) => !files.some(({ name }) => MODEL_FILE.test(name));

/** The file with its path inside the folder that was given, where the browser leaves that out. */
export function withPath(file: File, path: string): File {
  return Object.defineProperty(file, "webkitRelativePath", { value: path });
}

/** The files directly inside, or, where no model can be among them, those of the folders inside. */
export async function filesInFolder(folder: FileSystemDirectoryHandle): Promise<File[]> {
  const { files, folders } = await entriesOf(folder);
  if (!holdsNoModel(files)) return files;
  const deeper = folders.map(async (inner) => {
    const { files: own } = await entriesOf(inner);
    return own.map((file) => withPath(file, `${folder.name}/${inner.name}/${file.name}`));
  });
  return [...files, ...(await Promise.all(deeper)).flat()];
}

async function entriesOf(folder: FileSystemDirectoryHandle) {
  const files: Promise<File>[] = [];
  const folders: FileSystemDirectoryHandle[] = [];
  for await (const entry of folder.values()) {
    if (entry.kind === "file") files.push((entry as FileSystemFileHandle).getFile());
    else folders.push(entry as FileSystemDirectoryHandle);
  }
  return { files: await Promise.all(files), folders };
}
