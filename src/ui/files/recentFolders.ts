/** Remembers granted folders in IndexedDB, which can hold their handles; nothing of what is inside is copied. */
export interface RecentFolder {
  /** Of the weights, hex. */
  readonly sha256: string;
  readonly name: string;
  readonly parameters: number;
  /** ISO 8601. */
  readonly openedAt: string;
  readonly handle: FileSystemDirectoryHandle;
}

const DATABASE = "vitrine";
const STORE = "folders";
const MAX_FOLDERS = 8;

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB failed."));
  });
}

async function withStore<T>(
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "sha256" });
  const database = await answerOf(opening);
  try {
    return await answerOf(ask(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

/** Newest first; empty where a browser stores nothing. */
export async function recentFolders(): Promise<readonly RecentFolder[]> {
  const folders = await withStore<RecentFolder[]>("readonly", (store) => store.getAll()).catch(() => []);
  return folders.sort((a, b) => (a.openedAt < b.openedAt ? 1 : -1));
}

/** Remembers a folder; the oldest make room. */
export async function rememberFolder(folder: RecentFolder): Promise<void> {
  await withStore("readwrite", (store) => store.put(folder));
  for (const { sha256 } of (await recentFolders()).slice(MAX_FOLDERS)) await forgetFolder(sha256);
}

export async function forgetFolder(sha256: string): Promise<void> {
  await withStore("readwrite", (store) => store.delete(sha256));
}
