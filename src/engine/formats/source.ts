/**
 * Where bytes come from: files that the visitor dropped, files of an embedded model, bytes in memory. Readers
 * see ranges only, so that nothing larger than a slice needs to be in memory.
 */
import type { Progress } from "../../protocol/api";
import { VitrineError } from "../../protocol/errors";

export interface ByteFile {
  /** Base name, for people and for finding it. */
  readonly name: string;
  readonly size: number;
  slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

export type FileSet = readonly ByteFile[];

export function fileNamed(files: FileSet, name: string): ByteFile | undefined {
  return files.find((file) => file.name === name);
}

export function fileFromBytes(name: string, bytes: Uint8Array<ArrayBuffer>): ByteFile {
  return { name, size: bytes.length, slice: async (start, end) => bytes.slice(start, end) };
}

/** Files that were dropped or picked. */
export async function filesFromBlobs(files: readonly File[]): Promise<FileSet> {
  return files.map((file) => ({
    name: file.name,
    size: file.size,
    slice: async (start, end) => {
      try {
        return new Uint8Array(await file.slice(start, end).arrayBuffer());
      } catch (cause) {
        throw new VitrineError(
          "BadFile",
          `${file.name} could not be read; it may have moved: drop it again.`,
          {
            cause,
          },
        );
      }
    },
  }));
}

/** The named files under `folder`; one that is not there is left out. */
export async function filesFromUrl(
  folder: URL,
  names: readonly string[],
  onProgress?: (progress: Progress) => void,
): Promise<FileSet> {
  const files = await Promise.all(
    names.map(async (name) => {
      const response = await fetch(new URL(name, folder));
      // Some hosts answer a missing file with their start page.
      const isPage = response.headers.get("content-type")?.startsWith("text/html") ?? false;
      if (!response.ok || isPage) return undefined;
      const bytes = new Uint8Array(await response.arrayBuffer());
      onProgress?.({ done: bytes.length, total: bytes.length, note: `fetched ${name}` });
      return fileFromBytes(name, bytes);
    }),
  );
  return files.filter((file) => file !== undefined);
}
