/**
 * JSON from a file, as an object and nothing else, with its size bounded first. It exists because every layout
 * has such files, and because a repeated key, which `JSON.parse` drops silently, must be an error in a header.
 */
import { VitrineError } from "../../../protocol/errors";
import type { ByteFile } from "./source";

export type Json = Readonly<Record<string, unknown>>;

export const isJsonObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export async function readJson(file: ByteFile, maxBytes: number): Promise<Json> {
  return parseJson(await readSmall(file, maxBytes), file.name);
}

export async function readText(file: ByteFile, maxBytes: number): Promise<string> {
  const bytes = await readSmall(file, maxBytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new VitrineError("BadFile", `${file.name} is not text; download the file again.`, { cause });
  }
}

async function readSmall(file: ByteFile, maxBytes: number): Promise<Uint8Array> {
  if (file.size > maxBytes) {
    throw new VitrineError(
      "BadFile",
      `${file.name} has ${file.size} bytes, more than ${maxBytes}; it is not what its name says: check the download.`,
    );
  }
  return file.slice(0, file.size);
}

export function parseJson(bytes: Uint8Array, fileName: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new VitrineError("BadFile", `${fileName} is not valid JSON; download the file again.`, { cause });
  }
  if (isJsonObject(value)) return value;
  throw new VitrineError("BadFile", `${fileName} holds no JSON object; download the file again.`);
}

/** The first key that stands twice in the outermost object of valid JSON. */
export function repeatedKey(json: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    else if (char === '"') {
      const start = at++;
      while (at < json.length && json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
      if (depth !== 1 || !isKey(json, at + 1)) continue;
      const key = String(JSON.parse(json.slice(start, at + 1)));
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
}

/** A string is a key if a colon follows it. */
function isKey(json: string, at: number): boolean {
  while (at < json.length && " \t\r\n".includes(json.charAt(at))) at++;
  return json[at] === ":";
}
