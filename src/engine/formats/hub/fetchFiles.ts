/**
 * Fetches the files of an embedded model, with progress over all of them. It exists apart from `source.ts`
 * because hosts answer a missing file in three ways (404, an HTML page with status 200, or 403), and all three
 * must mean "not there" instead of a parse error later.
 */
import type { Progress } from "../../../protocol/progress";
import { VitrineError } from "../../../protocol/errors";

/** No file that ships with a page is larger. */
export const MAX_FETCHED_BYTES = 2 ** 31;
const MISSING_STATUS = [403, 404, 410];

export async function fetchFiles(
  baseUrl: URL,
  names: readonly string[],
  onProgress?: (progress: Progress) => void,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const responses = await Promise.all(
    names.map(async (name) => ({ name, response: await open(name, baseUrl) })),
  );
  const expected = responses.reduce((sum, { response }) => sum + announcedSize(response), 0);
  let done = 0;
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { name, response } of responses) {
    if (response === undefined) continue;
    const bytes = await readBody(name, response, (count) => {
      done += count;
      // A compressed answer announces fewer bytes than it yields.
      onProgress?.({ done, total: Math.max(expected, done), note: `fetching ${name}` });
    });
    if (!looksLikeHtml(bytes)) files.set(name, bytes);
  }
  return files;
}

/** The answer for a file that is there. */
async function open(name: string, baseUrl: URL): Promise<Response | undefined> {
  let response: Response;
  try {
    response = await fetch(new URL(name, baseUrl));
  } catch (cause) {
    throw new VitrineError("BadFile", `${name} could not be fetched; check the connection and try again.`, {
      cause,
    });
  }
  const isPage = response.headers.get("content-type")?.startsWith("text/html") ?? false;
  if (MISSING_STATUS.includes(response.status) || isPage) {
    await response.body?.cancel();
    return undefined;
  }
  if (response.ok) return response;
  throw new VitrineError(
    "BadFile",
    `${name} could not be fetched (status ${response.status}); try again later.`,
  );
}

const announcedSize = (response: Response | undefined) =>
  Number(response?.headers.get("content-length")) || 0;

async function readBody(
  name: string,
  response: Response,
  onBytes: (count: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const next = await reader?.read().catch((cause: unknown) => {
      throw new VitrineError("BadFile", `${name}: the download broke off after ${size} bytes; try again.`, {
        cause,
      });
    });
    if (next === undefined || next.done) break;
    parts.push(next.value);
    size += next.value.byteLength;
    if (size > MAX_FETCHED_BYTES) {
      await reader?.cancel();
      throw new VitrineError(
        "BadFile",
        `${name} is larger than ${MAX_FETCHED_BYTES} bytes; download it and drop it in.`,
      );
    }
    onBytes(next.value.byteLength);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
}

function looksLikeHtml(bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart().toLowerCase();
  return start.startsWith("<!doctype html") || start.startsWith("<html");
}
