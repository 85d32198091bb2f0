/**
 * Share links: `#v=1&s=<deflate-raw, base64url>` of a small JSON that restores an experiment and carries the
 * sender's numbers. A link is a stranger's words: its size is bounded while it inflates, unknown versions and
 * fields are refused with a sentence, and nothing in it is ever executed or rendered as anything but text.
 */
import * as v from "valibot";
import { ABLATION_MODES } from "../../protocol/chain";
import { VitrineError } from "../../protocol/errors";
import type { Edit } from "../../protocol/interventions";
import { EDITS } from "./edits";
import { between, label, listOf, number, perStep, text, tokens, whole } from "./fields";

export const LINK_VERSION = 1;

/** Characters of the encoded state that are looked at. */
const MAX_ENCODED = 400_000;
/** Bytes that the state may inflate to. */
const MAX_INFLATED_BYTES = 1_000_000;
/** Characters of a schema's complaint that are shown: it may quote the stranger. */
const MAX_COMPLAINT = 200;

/** Of a distribution, the tokens whose numbers travel. */
export const EXPECTED_TOKENS = 5;
const distribution = v.strictObject({
  ids: listOf(whole, EXPECTED_TOKENS),
  logProbs: listOf(number, EXPECTED_TOKENS),
});

const MAX_PANELS = 64;
const MAX_SETTINGS = 128;
const MAX_SETTING_ITEMS = 4096;
const NAME = /^[A-Za-z]\w{0,63}$/;

/** Its names are plain words: nothing that a prototype has is reached by them. */
const namedBy = <S extends v.GenericSchema>(item: S, most: number) =>
  v.pipe(
    v.unknown(),
    v.check((value) => {
      const names = typeof value === "object" && value !== null ? Object.keys(value) : [];
      return names.length <= most && names.every((name) => NAME.test(name) && !(name in {}));
    }, `must have at most ${most} fields, named by plain words`),
    v.record(v.string(), item),
  );
const setting = v.union(
  [number, v.boolean(), text, listOf(number, MAX_SETTING_ITEMS), listOf(label, MAX_SETTING_ITEMS)],
  "is no setting",
);
const VIEWS = namedBy(namedBy(setting, MAX_SETTINGS), MAX_PANELS);

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits"));

const LINK_SCHEMA = v.strictObject({
  model: v.strictObject({
    name: label,
    sha256,
    embedded: v.boolean(),
    precision: v.picklist(["f32", "f16", "q8"]),
    /** How large it is, for whoever has to find it. */
    parameters: v.pipe(between(0, Number.MAX_SAFE_INTEGER), v.integer()),
  }),
  /** What the sender's numbers were computed on; for the reader. */
  device: label,
  prompt: text,
  /** Token ids of the whole chain, to show whether another tokenizer reads it differently. */
  tokens,
  addBos: v.boolean(),
  generation: v.strictObject({
    temperature: between(0, 100),
    topK: whole,
    topP: between(0, 1),
    seed: whole,
    maxTokens: whole,
  }),
  steps: perStep(v.strictObject({ text, present: v.boolean() })),
  answerPrefix: text,
  answer: text,
  mode: v.picklist(ABLATION_MODES),
  filler: v.strictObject({ text: label, id: whole }),
  panel: label,
  selectedStep: v.optional(whole),
  edits: v.optional(EDITS),
  /** Each panel's own settings, by the panel's name. */
  views: v.optional(VIEWS),
  selection: v.optional(
    v.strictObject({
      pinned: v.optional(whole),
      /** The position that views are about where none is pinned; absent in links of before it was the answer's. */
      position: v.optional(whole),
      ...{ layer: whole, head: whole, neuron: whole },
      /** An autoencoder by its weights, and a latent of it. */
      ...{ sae: v.optional(sha256), latent: v.optional(whole) },
    }),
  ),
  expected: v.optional(
    v.strictObject({
      now: v.optional(number),
      baseline: v.optional(number),
      early: v.optional(perStep(number)),
      loo: v.optional(perStep(number)),
      /** The chain's numbers are those with the edits that are on; links of before have them without. */
      underEdits: v.optional(v.boolean()),
      /** The most probable tokens after a position, of the run without and with the edits. */
      next: v.optional(
        v.strictObject({ position: whole, base: distribution, edited: v.optional(distribution) }),
      ),
      shapley: v.optional(v.strictObject({ phi: perStep(number), vAll: number, vNone: number })),
    }),
  ),
});

type Parsed = v.InferOutput<typeof LINK_SCHEMA>;
export interface LinkState extends Omit<Parsed, "edits" | "views"> {
  edits?: readonly Edit[] | undefined;
  views?: Readonly<Record<string, ViewSettings>> | undefined;
}
type ViewSettings = Readonly<
  Record<string, string | number | boolean | readonly number[] | readonly string[]>
>;

function bad(message: string, cause?: unknown): never {
  throw new VitrineError("BadLink", `This link cannot be opened: ${message}.`, { cause });
}

/** The state as the schema reads it, or what is wrong with it, in a few words that name the field. */
function check(value: unknown): { state: LinkState } | { complaint: string } {
  const result = v.safeParse(LINK_SCHEMA, value);
  if (!result.success) {
    const [issue] = result.issues;
    const complaint = `${v.getDotPath(issue) ?? "its state"}: ${issue.message}`;
    return {
      complaint: complaint.length > MAX_COMPLAINT ? `${complaint.slice(0, MAX_COMPLAINT)}…` : complaint,
    };
  }
  const state = result.output;
  const n = state.steps.length;
  const perStepNumbers = [
    ["expected.early", state.expected?.early, n + 1],
    ["expected.loo", state.expected?.loo, n],
    ["expected.shapley.phi", state.expected?.shapley?.phi, n],
  ] as const;
  const odd = perStepNumbers.find(([, list, length]) => list !== undefined && list.length !== length);
  if (odd) return { complaint: `${odd[0]}: has ${odd[1]?.length} numbers for ${n} steps` };
  const complaint = oddExpectation(state.expected);
  return complaint === undefined ? { state } : { complaint };
}

/** The chain's numbers come together or not at all; a distribution has as many ids as numbers. */
function oddExpectation(expected: LinkState["expected"]): string | undefined {
  if (!expected) return undefined;
  const chain = ["now", "baseline", "early", "loo"] as const;
  const missing = chain.filter((name) => expected[name] === undefined);
  const isChain = missing.length < chain.length || expected.shapley !== undefined;
  if (isChain && missing[0]) return `expected.${missing[0]}: is missing beside the others`;
  for (const name of ["base", "edited"] as const) {
    const { ids, logProbs } = expected.next?.[name] ?? { ids: [], logProbs: [] };
    if (ids.length !== logProbs.length)
      return `expected.next.${name}: has ${logProbs.length} numbers for ${ids.length} tokens`;
  }
  return undefined;
}

/** The hash of a link, without the leading "#". A state that no page would open is refused here already. */
export async function encodeLink(state: LinkState): Promise<string> {
  const tooMuch = (why: string) =>
    new VitrineError("BadLink", `This session does not fit in a link: ${why}.`);
  const checked = check(state);
  if ("complaint" in checked) throw tooMuch(checked.complaint);
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  if (bytes.length > MAX_INFLATED_BYTES)
    throw tooMuch(`it takes ${bytes.length} bytes, at most ${MAX_INFLATED_BYTES} do`);
  const packed = await new Response(
    new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw")),
  ).arrayBuffer();
  const binary = Array.from(new Uint8Array(packed), (byte) => String.fromCharCode(byte)).join("");
  const base64url = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  if (base64url.length > MAX_ENCODED)
    throw tooMuch(`it takes ${base64url.length} characters, at most ${MAX_ENCODED} do`);
  return `v=${LINK_VERSION}&s=${base64url}`;
}

/** The state of a link's hash, or BadLink with what is wrong. */
export async function decodeLink(hash: string): Promise<LinkState> {
  const params = new URLSearchParams(hash.replace(/^#/, ""));
  const version = params.get("v");
  if (version !== String(LINK_VERSION))
    bad(`its version is ${version ?? "missing"}, this page reads version ${LINK_VERSION}`);
  const keys = [...params.keys()];
  const unknown = keys.find((key, i) => (key !== "v" && key !== "s") || keys.indexOf(key) < i);
  if (unknown !== undefined) bad(`it has an unknown or repeated field “${unknown.slice(0, 40)}”`);
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
  const checked = check(value);
  return "state" in checked ? checked.state : bad(checked.complaint);
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
