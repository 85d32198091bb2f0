/** The files of a drop: single files, and what dropped folders hold. */
import { droppedFolder } from "./folderAccess";
import { filesOfFolder, type Folder } from "./folderFiles";

const fileOf = (entry: FileSystemEntry) =>
  new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));

function folderOf(entry: FileSystemEntry): Folder {
  return {
    name: entry.name,
    async entries() {
      const all = await entriesOf(entry as FileSystemDirectoryEntry);
      return {
        files: await Promise.all(all.filter(({ isFile }) => isFile).map(fileOf)),
        folders: all.filter(({ isDirectory }) => isDirectory).map(folderOf),
      };
    },
  };
}

function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  return new Promise((resolve, reject) => {
    // A reader gives its entries in batches, an empty one last.
    const more = () =>
      reader.readEntries((batch) => {
        if (batch.length === 0) return resolve(all);
        all.push(...batch);
        more();
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
  const read = entries.map(async (entry) =>
    entry.isFile ? [await fileOf(entry)] : filesOfFolder(folderOf(entry)),
  );
  const files = (await Promise.all(read)).flat();
  const [only, ...more] = entries;
  if (!only?.isDirectory || more.length > 0) return { files };
  const handle = await asked;
  return { files, folder: only.name, ...(handle && { handle }) };
}
