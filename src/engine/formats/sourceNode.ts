/** Files of a folder in Node. Never part of the page. */
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FileSet } from "./source";

export async function filesFromFolder(folder: string): Promise<FileSet> {
  const names = await readdir(folder);
  const stats = await Promise.all(
    names.map(async (name) => ({ name, info: await stat(join(folder, name)) })),
  );
  return stats
    .filter(({ info }) => info.isFile())
    .map(({ name, info }) => ({
      name,
      size: info.size,
      slice: async (start, end) => {
        const handle = await open(join(folder, name));
        try {
          const bytes = new Uint8Array(Math.max(0, Math.min(end, info.size) - start));
          await handle.read(bytes, 0, bytes.length, start);
          return bytes;
        } finally {
          await handle.close();
        }
      },
    }));
}
