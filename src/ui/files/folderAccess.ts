/**
 * Folders that the visitor grants (File System Access API): where a browser has it, a folder can be read again
 * later without choosing it again. TypeScript's page types leave these parts out.
 */
import { filesOfFolder, type Folder } from "./folderFiles";

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

/** The files of a granted folder. */
export const filesInFolder = (handle: FileSystemDirectoryHandle) => filesOfFolder(folderOf(handle));

function folderOf(handle: FileSystemDirectoryHandle): Folder {
  return {
    name: handle.name,
    async entries() {
      const files: Promise<File>[] = [];
      const folders: Folder[] = [];
      for await (const entry of handle.values()) {
        if (entry.kind === "file") files.push((entry as FileSystemFileHandle).getFile());
        else folders.push(folderOf(entry as FileSystemDirectoryHandle));
      }
      return { files: await Promise.all(files), folders };
    },
  };
}
