/** Files of a folder in Node, opened anew for each slice. Never part of the page. */
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { VitrineError } from "../../protocol/errors";
import type { ByteFile, FileSet } from "./source";

/** One file, or the files directly in a folder. */
export async function filesFromPath(path: string): Promise<FileSet> {
  const file = await fileOnDisk(dirname(path), basename(path));
  return file ? [file] : filesFromFolder(path);
}

/** The files directly in a folder; links to files count as files. */
export async function filesFromFolder(folder: string): Promise<FileSet> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new VitrineError("BadFile", `${folder} is not a folder that can be read; name a model's folder.`, {
      cause,
    });
  });
  const files = await Promise.all(names.map((name) => fileOnDisk(folder, name)));
  return files.filter((file) => file !== undefined);
}

async function fileOnDisk(folder: string, name: string): Promise<ByteFile | undefined> {
  const path = join(folder, name);
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) return undefined;
  return {
    name,
    size: info.size,
    async slice(start, end) {
      const handle = await open(path);
      try {
        const bytes = new Uint8Array(Math.max(0, Math.min(end, info.size) - start));
        let filled = 0;
        // One read may return less than was asked for.
        while (filled < bytes.length) {
          const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return filled === bytes.length ? bytes : bytes.slice(0, filled);
      } finally {
        await handle.close();
      }
    },
  };
}
