/** Files of a folder in Node, opened anew for each slice. Never part of the page. */
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { VitrineError } from "../../../protocol/errors";
import { areOneModel, isOthersIndex, modelChoices } from "../../../folders/modelChoices";
import type { ByteFile, FileSet } from "./source";

/** One file, or the files directly in a folder. */
export async function filesFromPath(path: string): Promise<FileSet> {
  const file = await fileOnDisk(dirname(path), basename(path));
  return file ? [file] : filesFromFolder(path);
}

/** Small files of a model, which a file of weights alone does not have. */
const BESIDE = /\.(json|jinja|txt)$|^tok[^/]*\.bin$/;
/** They hold everything themselves. */
const WHOLE = /\.gguf$/i;

/**
 * The files of the one model at a path: a folder with one model, or one of a folder's files of weights with the other
 * shards and the small files beside it. Where there are several models, the error lists them.
 */
export async function modelFilesFromPath(path: string): Promise<FileSet> {
  const file = await fileOnDisk(dirname(path), basename(path));
  if (file) {
    const around = WHOLE.test(path) ? [] : await filesFromFolder(dirname(path));
    const others = around.filter(({ name }) => name !== file.name);
    const belongs = (other: ByteFile) =>
      areOneModel(file, other) || (BESIDE.test(other.name) && !isOthersIndex(other, file));
    return [file, ...others.filter(belongs)];
  }
  const files = await filesFromFolder(path);
  const choices = modelChoices(files);
  const found = choices.length > 0 ? choices : modelChoices(await filesOneDeeper(path));
  if (found.length < 2 && choices.length === found.length) return files;
  const list = found.map(({ name, sizeBytes }) => `${name} (${sized(sizeBytes)})`).join(", ");
  const [first] = found;
  const count = found.length === 1 ? "its model in a folder" : `${found.length} models`;
  throw new VitrineError(
    "BadFile",
    `${path} has ${count}: ${list}. Name one: --model ${join(path, first?.name ?? "")}`,
  );
}

const sized = (bytes: number) =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

async function filesOneDeeper(folder: string): Promise<FileSet> {
  const entries = await readdir(folder, { withFileTypes: true });
  const inside = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(async ({ name }) =>
        (await filesFromFolder(join(folder, name))).map((file) => ({
          ...file,
          name: `${name}/${file.name}`,
        })),
      ),
  );
  return inside.flat();
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
