/**
 * What a visitor may type to open a model from elsewhere, and where its bytes would then come from. The page
 * reads it to say so before the click, the engine to fetch; so both read it here.
 */
import { VitrineError } from "./errors";

export const HUB_URL = "https://huggingface.co";
/** The Hub's short name, which people paste too. */
const HUB_ALIAS = "https://hf.co";
const DEFAULT_REVISION = "main";
const WEIGHT_FILE = /\.(gguf|safetensors|bin|pt|pth)$/i;
const LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"];

export type ModelAddress =
  | {
      readonly kind: "repository";
      readonly hubUrl: string;
      /** "owner/name". */
      readonly id: string;
      readonly revision: string;
      /** "" for the top, else ends in "/". */
      readonly folder: string;
    }
  /** Any host's folder; ends in "/". */
  | { readonly kind: "folder"; readonly url: string }
  /** One file of weights; what completes it is looked for beside it. */
  | { readonly kind: "file"; readonly url: string };

function refuse(message: string, cause?: unknown): never {
  throw new VitrineError("BadFile", message, { cause });
}

/** Reads "owner/name", "owner/name@revision" or a URL; BadFile with what else to type. */
export function parseModelAddress(text: string, hubUrl = HUB_URL): ModelAddress {
  const typed = text.trim();
  const [, id, revision = DEFAULT_REVISION] = /^(\w[\w.-]*\/\w[\w.-]*)(?:@([\w./-]+))?$/.exec(typed) ?? [];
  if (id !== undefined) return { kind: "repository", hubUrl, id, revision, folder: "" };
  const bare = [hubUrl, HUB_ALIAS].find((hub) => typed.startsWith(`${new URL(hub).host}/`));
  const url = parseUrl(bare === undefined ? typed : `https://${typed}`);
  const isHub = [hubUrl, HUB_ALIAS].some((hub) => new URL(hub).origin === url.origin);
  if (isHub) return parseHubUrl(url, hubUrl);
  if (WEIGHT_FILE.test(url.pathname)) return { kind: "file", url: url.href };
  return { kind: "folder", url: `${url.origin}${url.pathname.replace(/\/*$/, "/")}` };
}

function parseUrl(typed: string): URL {
  let url: URL;
  try {
    url = new URL(typed);
  } catch (cause) {
    return refuse(`“${typed}” is no address: type owner/name, or a URL that begins with https://.`, cause);
  }
  if (!isAllowed(url)) refuse(`${url.origin} is not https: type an address that begins with https://.`);
  if (url.username !== "") refuse(`${url.host}: take the user name out of the address; it cannot be sent.`);
  url.hash = "";
  return url;
}

/** Over https, from this page's own host, or from this computer. */
function isAllowed({ protocol, hostname, origin }: URL): boolean {
  if (protocol === "https:") return true;
  const here = (globalThis.location as Location | undefined)?.origin;
  return protocol === "http:" && (origin === here || LOCAL_HOSTS.includes(hostname));
}

/** `/owner/name`, `/owner/name/tree/revision/folder…` or `/owner/name/{resolve,blob,raw}/revision/file`. */
function parseHubUrl({ pathname, href }: URL, hubUrl: string): ModelAddress {
  const [owner, name, view, revision, ...path] = pathname
    .split("/")
    .filter((part) => part !== "")
    .map(decode);
  const isModel = owner !== undefined && !["datasets", "spaces", "api"].includes(owner);
  if (!isModel || name === undefined) return refuse(`${href} is not a model's page: type owner/name.`);
  const repository = { kind: "repository", hubUrl, id: `${owner}/${name}` } as const;
  if (view === undefined) return { ...repository, revision: DEFAULT_REVISION, folder: "" };
  if (view === "tree" && revision !== undefined)
    return { ...repository, revision, folder: path.map((part) => `${part}/`).join("") };
  if (["resolve", "blob", "raw"].includes(view) && revision !== undefined && WEIGHT_FILE.test(pathname))
    return {
      kind: "file",
      url: filesUrl({ ...repository, revision, folder: "" }) + encodePath(path.join("/")),
    };
  return refuse(`${href} is not a model or a file of weights: type owner/name.`);
}

/** Text of a part of an address; one that is no UTF-8 stays as it is. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

type Repository = Extract<ModelAddress, { kind: "repository" }>;

export const encodePath = (path: string) => path.split("/").map(encodeURIComponent).join("/");

/** The folder under which a repository's files are; ends in "/". */
export function filesUrl({ hubUrl, id, revision, folder }: Repository): string {
  return `${hubUrl}/${id}/resolve/${encodeURIComponent(revision)}/${encodePath(folder)}`;
}

/** The address that lists a repository's files. */
export function listingUrl({ hubUrl, id, revision, folder }: Repository): string {
  const path = folder === "" ? "" : `/${encodePath(folder.slice(0, -1))}`;
  return `${hubUrl}/api/models/${id}/tree/${encodeURIComponent(revision)}${path}`;
}

/** A short name for people: the last part of the address. */
export function nameOfAddress(address: ModelAddress): string {
  const path = address.kind === "repository" ? address.id : new URL(address.url).pathname;
  const name = path.split("/").findLast((part) => part !== "") ?? "";
  return decode(name) || (address.kind === "repository" ? "" : new URL(address.url).host);
}

/** Where the bytes come from, for people: "huggingface.co/openai-community/gpt2". */
export function placeOfAddress(address: ModelAddress): string {
  if (address.kind !== "repository") return address.url.replace(/^https?:\/\//, "");
  const { hubUrl, id, revision, folder } = address;
  const at = revision === DEFAULT_REVISION ? "" : ` at ${revision}`;
  return `${new URL(hubUrl).host}/${id}${folder && `/${folder.slice(0, -1)}`}${at}`;
}
