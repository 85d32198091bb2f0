/** The files of a drop: single files, the files directly inside dropped folders, and autoencoders in a folder of theirs. */
import { droppedFolder, mayHoldSaes, underPath } from "./folderAccess";

/** `path`: of the folders between the dropped one and this entry; `depth`: how many there are, this one too. */
function filesOf(entry: FileSystemEntry, path = "", depth = 0): Promise<File[]> {
  if (entry.isFile) {
    return new Promise((resolve, reject) =>
      (entry as FileSystemFileEntry).file((file) => resolve([underPath(file, path)]), reject),
    );
  }
  const inside = depth === 0 ? "" : `${path}${entry.name}/`;
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
        const files = all.filter((child) => child.isFile || mayHoldSaes(child.name, depth + 1));
        void Promise.all(files.map((child) => filesOf(child, inside, depth + 1))).then(
          (nested) => resolve(nested.flat()),
          reject,
        );
      }, reject);
    more();
  });
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
