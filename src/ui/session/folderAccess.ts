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

/** Folders inside a model's in which autoencoders lie; others are not looked into. */
const SAE_FOLDER = /(^|[^a-z])(saes?|autoencoders?|transcoders?)([^a-z]|$)/i;
/** The folder of autoencoders, and one for each of them. */
const MAX_DEPTH = 2;

export const mayHoldSaes = (name: string, depth: number) =>
  depth <= MAX_DEPTH && (depth > 1 || SAE_FOLDER.test(name));

/** A file of a folder inside, under its path. */
export const underPath = (file: File, path: string) =>
  path === "" ? file : new File([file], `${path}${file.name}`, { lastModified: file.lastModified });

/** The files directly inside, and those of autoencoders in a folder of their own. */
export async function filesInFolder(
  folder: FileSystemDirectoryHandle,
  path = "",
  depth = 1,
): Promise<File[]> {
  const files: Promise<File | File[]>[] = [];
  for await (const entry of folder.values()) {
    if (entry.kind === "file")
      files.push((entry as FileSystemFileHandle).getFile().then((file) => underPath(file, path)));
    else if (mayHoldSaes(entry.name, depth))
      files.push(filesInFolder(entry as FileSystemDirectoryHandle, `${path}${entry.name}/`, depth + 1));
  }
  return (await Promise.all(files)).flat();
}
