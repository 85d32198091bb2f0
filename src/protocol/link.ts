/**
 * Share links: `#v=1&s=<deflate-raw, base64url>` of a small JSON that restores an experiment and carries the
 * sender's numbers. A link is a stranger's words: its size is bounded while it inflates, unknown versions and
 * fields are refused with a sentence, and nothing in it is ever executed or rendered as anything but text.
 */
import * as v from "valibot";
import { ABLATION_MODES } from "./chain";
import { VitrineError } from "./errors";

export const LINK_VERSION = 1;

/** Characters of the encoded state that are looked at. */
const MAX_ENCODED = 400_000;
/** Bytes that the state may inflate to. */
const MAX_INFLATED_BYTES = 1_000_000;
const MAX_TEXT = 200_000;
const MAX_STEPS = 512;
const MAX_TOKENS = 100_000;

const text = v.pipe(v.string(), v.maxLength(MAX_TEXT));
const number = v.pipe(v.number(), v.finite());
const whole = v.pipe(number, v.integer(), v.minValue(0), v.maxValue(0xffffffff));
const perStep = <S extends v.GenericSchema>(item: S) => v.pipe(v.array(item), v.maxLength(MAX_STEPS));

const LINK_SCHEMA = v.strictObject({
  model: v.strictObject({
    name: v.pipe(v.string(), v.maxLength(200)),
    sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits")),
    embedded: v.boolean(),
    precision: v.picklist(["f32", "f16"]),
  }),
  /** What the sender's numbers were computed on; for the reader. */
  device: v.pipe(v.string(), v.maxLength(200)),
  prompt: text,
  /** Token ids of the whole chain, to show whether another tokenizer reads it differently. */
  tokens: v.pipe(v.array(whole), v.maxLength(MAX_TOKENS)),
  addBos: v.boolean(),
  generation: v.strictObject({
    temperature: number,
    topK: whole,
    topP: number,
    seed: whole,
    maxTokens: whole,
  }),
  steps: perStep(v.strictObject({ text, present: v.boolean() })),
  answerPrefix: text,
  answer: text,
  mode: v.picklist(ABLATION_MODES),
  filler: v.strictObject({ text: v.pipe(v.string(), v.maxLength(200)), id: whole }),
  panel: v.pipe(v.string(), v.maxLength(100)),
  selectedStep: v.optional(whole),
  expected: v.optional(
    v.strictObject({
      now: number,
      baseline: number,
      early: perStep(number),
      loo: perStep(number),
      shapley: v.optional(v.strictObject({ phi: perStep(number), vAll: number, vNone: number })),
    }),
  ),
});

export type LinkState = v.InferOutput<typeof LINK_SCHEMA>;

function bad(message: string, cause?: unknown): never {
  throw new VitrineError("BadLink", `This link cannot be opened: ${message}.`, { cause });
}

/** The hash of a link, without the leading "#". */
export async function encodeLink(state: LinkState): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  const packed = await new Response(
    new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw")),
  ).arrayBuffer();
  const binary = Array.from(new Uint8Array(packed), (byte) => String.fromCharCode(byte)).join("");
  const base64url = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return `v=${LINK_VERSION}&s=${base64url}`;
}

/** True for a hash that means to be a share link. */
export function looksLikeLink(hash: string): boolean {
  return /^#?v=/.test(hash);
}

/** The state of a link's hash, or BadLink with what is wrong. */
export async function decodeLink(hash: string): Promise<LinkState> {
  const params = new URLSearchParams(hash.replace(/^#/, ""));
  const version = params.get("v");
  if (version !== String(LINK_VERSION))
    bad(`its version is ${version ?? "missing"}, this page reads version ${LINK_VERSION}`);
  const unknown = [...params.keys()].find((key) => key !== "v" && key !== "s");
  if (unknown !== undefined) bad(`it has an unknown field “${unknown.slice(0, 40)}”`);
  const encoded = params.get("s") ?? "";
  if (encoded.length === 0 || encoded.length > MAX_ENCODED)
    bad(`its state has ${encoded.length} characters, expected 1 to ${MAX_ENCODED}`);
  if (!/^[\w-]+$/.test(encoded))
    bad("its state is not base64url; it may have been cut or changed on the way");
  const json = await inflate(encoded);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    bad("its state is not JSON; it may have been cut", cause);
  }
  const result = v.safeParse(LINK_SCHEMA, value);
  if (!result.success) {
    const [issue] = result.issues;
    bad(`${v.getDotPath(issue) ?? "its state"}: ${issue.message}`);
  }
  return result.output;
}

/** Inflates chunk by chunk and stops at the limit: a bomb never unfolds. */
async function inflate(encoded: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const binary = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      size += part.value.length;
      if (size > MAX_INFLATED_BYTES) {
        await reader.cancel();
        break;
      }
      chunks.push(part.value);
    }
    if (size <= MAX_INFLATED_BYTES) {
      return new TextDecoder("utf-8", { fatal: true }).decode(
        await new Blob(chunks as BlobPart[]).arrayBuffer(),
      );
    }
  } catch (cause) {
    bad("its state does not inflate; it may have been cut or changed on the way", cause);
  }
  return bad(`its state inflates to more than ${MAX_INFLATED_BYTES} bytes`);
}
