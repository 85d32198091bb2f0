/**
 * The files of a drop: single files, and the files directly inside dropped folders, or, where no model can be among
 * those, inside their folders.
 */
import { droppedFolder, holdsNoModel, withPath } from "./folderAccess";

/** `depth`: how many folders deep it may be looked for models. */
function filesOf(entry: FileSystemEntry, depth = 2): Promise<File[]> {
  if (entry.isFile) {
    const path = entry.fullPath.slice(1);
    return new Promise((resolve, reject) =>
      (entry as FileSystemFileEntry).file(
        (file) => resolve([path.includes("/") ? withPath(file, path) : file]),
        reject,
      ),
    );
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const all: FileSystemEntry[] = [];
  return new Promise((resolve, reject) => {
    // A reader gives its entries in batches, an empty one last.
    const more = () =>
      reader.readEntries((batch) => {
        if (batch.length > 0) {
          all.push(...batch);
          more();
          return;
        }
        void filesOfAll(all, depth).then(resolve, reject);
      }, reject);
    more();
  });
}

async function filesOfAll(children: readonly FileSystemEntry[], depth: number): Promise<File[]> {
  const [files, folders] = [true, false].map((isFile) => children.filter((child) => child.isFile === isFile));
  const own = (await Promise.all((files ?? []).map((file) => filesOf(file)))).flat();
  if (depth < 2 || !holdsNoModel(own)) return own;
  const deeper = await Promise.all((folders ?? []).map((folder) => filesOf(folder, depth - 1)));
  return [...own, ...deeper.flat()];
}

export interface Dropped {
  readonly files: readonly File[];
  /** The folder's name, if it was one folder. */
  readonly folder?: string;
  /** Its handle, where the browser gives one: then it can be opened again later. */
  readonly handle?: FileSystemDirectoryHandle;
}

export async function droppedFiles(transfer: DataTransfer): Promise<Dropped> {
  const entries = [...transfer.items]
    .map((item) => item.webkitGetAsEntry())
    .filter((entry) => entry !== null);
  if (entries.length === 0) return { files: [...transfer.files] };
  // Everything is asked for now: the drop is over after the first wait.
  const [item] = transfer.items;
  const asked = entries.length === 1 && item ? droppedFolder(item) : undefined;
  const files = (await Promise.all(entries.map((entry) => filesOf(entry)))).flat();
  const [only, ...more] = entries;
  if (!only?.isDirectory || more.length > 0) return { files };
  const handle = await asked;
  return { files, folder: only.name, ...(handle && { handle }) };
}
