/** Which files there are at an address: by the Hub's API, or by asking for the usual names. */
import { filesUrl, listingUrl, type ModelAddress } from "../../../protocol/modelAddress";
import { HttpRefusal } from "./httpRefusal";
import { isJsonObject } from "../bytes/json";
import { COMPANIONS, OLDER_TOKENIZER, USUAL_WEIGHTS } from "../modelParts";
import { answer, persist, refused, request, type Network } from "./network";

/** A question that is asked only to save work is given up sooner. */
const TRIES_TO_LIST = 2;

/** Files by name, with their size where it is known. */
export type Listing = ReadonlyMap<string, number | undefined>;

/** The address of a file beside the others; a file that was named itself keeps its whole address. */
export function urlOf(address: ModelAddress, name: string): string {
  if (address.kind === "repository") return filesUrl(address) + encodeURIComponent(name);
  if (address.kind === "file" && name === fileNameOf(address.url)) return address.url;
  return new URL(encodeURIComponent(name), new URL(".", address.url)).href;
}

function fileNameOf(url: string): string {
  const { pathname } = new URL(url);
  return decodeURIComponent(pathname.slice(pathname.lastIndexOf("/") + 1));
}

export async function listFiles(address: ModelAddress, network: Network): Promise<Listing> {
  if (address.kind === "folder") return usualFiles(address, USUAL_WEIGHTS, network);
  if (address.kind === "file") return usualFiles(address, [fileNameOf(address.url)], network);
  try {
    const response = await request(listingUrl(address), address.id, { ...network, tries: TRIES_TO_LIST });
    return parseListing(await response.json());
  } catch (error) {
    const isFinal = error instanceof HttpRefusal && error.status === 401;
    if (isFinal || network.signal.aborted) throw error;
    const found = await usualFiles(address, USUAL_WEIGHTS, network);
    if (found.size > 0) return found;
    throw error;
  }
}

/** The Hub's listing: `[{ type, path, size }, …]`, paths from the top of the repository. */
function parseListing(entries: unknown): Listing {
  const files = (Array.isArray(entries) ? entries : [])
    .filter(isJsonObject)
    .filter(({ type }) => type === "file");
  return new Map(
    files.map(({ path, size }) => [
      String(path).replace(/^.*\//, ""),
      typeof size === "number" ? size : undefined,
    ]),
  );
}

/** Which of the usual files are there, by HEAD; sizes are left to the answers, which may be compressed. */
async function usualFiles(
  address: ModelAddress,
  weights: readonly string[],
  network: Network,
): Promise<Listing> {
  const names = [...COMPANIONS, ...OLDER_TOKENIZER, ...weights];
  const there = await Promise.all(names.map((name) => isThere(address, name, network)));
  return new Map(names.filter((_, i) => there[i]).map((name) => [name, undefined]));
}

/** Hosts say in three ways that a file is missing; the third is a page of their own with status 200. */
const MISSING_STATUS = [403, 404, 410];

export async function isThere(address: ModelAddress, name: string, network: Network): Promise<boolean> {
  const url = urlOf(address, name);
  return persist({ ...network, tries: TRIES_TO_LIST }, async (signal) => {
    const response = await answer(url, network, { method: "HEAD", signal });
    if (response.ok) return !response.headers.get("content-type")?.startsWith("text/html");
    if (MISSING_STATUS.includes(response.status)) return false;
    throw refused(response, url, name);
  });
}
