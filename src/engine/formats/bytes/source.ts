/**
 * Where bytes come from: files that the visitor dropped, files of an embedded model, bytes in memory. Readers
 * see ranges only, so that nothing larger than a slice needs to be in memory.
 */
import type { Progress } from "../../../protocol/progress";
import { VitrineError } from "../../../protocol/errors";
import { fetchFiles } from "../hub/fetchFiles";

export interface ByteFile {
  /** For people and for finding it; inside a picked folder it holds the path ("sae/cfg.json"). */
  readonly name: string;
  readonly size: number;
  /** Its bytes are still on their way from another host; reading waits for them. */
  readonly isArriving?: boolean;
  slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

export type FileSet = readonly ByteFile[];

/** More files than any model folder has; a dropped home directory is refused before it is searched. */
export const MAX_FILES = 20_000;

export const baseNameOf = ({ name }: Pick<ByteFile, "name">) => name.slice(name.lastIndexOf("/") + 1);

const depthOf = ({ name }: ByteFile) => name.split("/").length;

/** The file with this base name in the folder nearest to the top; two at the same height are refused. */
export function fileNamed(files: FileSet, baseName: string): ByteFile | undefined {
  const matches = files.filter((file) => baseNameOf(file) === baseName);
  const depth = Math.min(...matches.map(depthOf));
  const nearest = matches.filter((file) => depthOf(file) === depth);
  if (nearest.length < 2) return nearest[0];
  const names = nearest.map(({ name }) => name).join(", ");
  throw new VitrineError(
    "BadFile",
    `${baseName} is there more than once (${names}); choose one model at a time.`,
  );
}

/** Files whose names end so, in order of name. */
export function filesEnding(files: FileSet, suffix: string): FileSet {
  return inNameOrder(files.filter(({ name }) => name.endsWith(suffix)));
}

export function inNameOrder(files: FileSet): ByteFile[] {
  return [...files].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The files, and others that come before those with the same base name. */
export function withFiles(files: FileSet, added: FileSet): FileSet {
  const names = new Set(added.map(baseNameOf));
  return [...files.filter((file) => !names.has(baseNameOf(file))), ...added];
}

export function fileFromBytes(name: string, bytes: Uint8Array<ArrayBuffer>): ByteFile {
  return { name, size: bytes.length, slice: async (start, end) => bytes.slice(start, end) };
}

/** Files that were dropped or picked. */
export async function filesFromBlobs(files: readonly File[]): Promise<FileSet> {
  if (files.length > MAX_FILES) {
    throw new VitrineError(
      "BadFile",
      `${files.length} files are more than ${MAX_FILES}; choose one model's folder.`,
    );
  }
  return files.map((file) => ({
    name: file.webkitRelativePath || file.name,
    size: file.size,
    slice: async (start, end) => {
      try {
        return new Uint8Array(await file.slice(start, end).arrayBuffer());
      } catch (cause) {
        const message = `${file.name} could not be read; it may have moved: drop it again.`;
        throw new VitrineError("BadFile", message, { cause });
      }
    },
  }));
}

/** The named files under `folder` (a URL that ends in "/"); one that is not there is left out. */
export async function filesFromUrl(
  folder: URL,
  names: readonly string[],
  onProgress?: (progress: Progress) => void,
): Promise<FileSet> {
  const fetched = await fetchFiles(folder, names, onProgress);
  return [...fetched].map(([name, bytes]) => fileFromBytes(name, bytes));
}
