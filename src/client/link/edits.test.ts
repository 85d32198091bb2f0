/** Edits, views, pointing and next-token numbers in links: every kind comes back, and hostile ones are refused by name. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Edit, EditKind, EditSite } from "../../protocol/interventions";
import { EDIT_KINDS } from "../edits/details/index";
import { decodeLink, encodeLink, type LinkState } from "./link";
import { BLOCK_SITES, MODEL_SITES } from "../../protocol/sites";

const STATE: LinkState = {
  model: { name: "ledger", sha256: "ab".repeat(32), embedded: true, precision: "f16", parameters: 480_000 },
  device: "CPU",
  prompt: "Ann has 3",
  tokens: [0, 5, 6],
  addBos: true,
  generation: { temperature: 0, topK: 0, topP: 1, seed: 7, maxTokens: 64 },
  steps: [],
  ...{ answerPrefix: "", answer: "", mode: "delete", filler: { text: "_", id: 4 }, panel: "NextToken" },
};

const linkOf = async (value: unknown) => {
  const stream = new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return `#v=1&s=${Buffer.from(await new Response(stream).arrayBuffer()).toString("base64url")}`;
};

const whole = fc.nat(0xffffffff);
const indices = fc.array(whole, { maxLength: 8 });
const positions = fc.oneof(indices, fc.record({ from: whole }));
const text = fc.string({ maxLength: 40 }).map((value) => value.replaceAll("\0", ""));
const finite = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((value) => (Object.is(value, -0) ? 0 : value));
const share = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => (Object.is(value, -0) ? 0 : value));
const named = fc.record({ text, tokens: indices });
const promptSet = fc.record({ name: text, prompts: fc.array(named, { maxLength: 4 }) });
const site = fc.constantFrom(...([...Object.keys(BLOCK_SITES), ...Object.keys(MODEL_SITES)] as EditSite[]));

const base = { id: text, on: fc.boolean() };
const place = { ...base, site, layers: indices, heads: indices, dims: indices, positions };
/** Fields that may be missing. */
const OPTIONAL = ["layers", "heads", "dims", "positions", "queries", "keys"];
const some = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(fields, { requiredKeys: Object.keys(fields).filter((name) => !OPTIONAL.includes(name)) });

const pairs = fc.array(some({ queries: positions, keys: fc.oneof(positions, fc.constant("self")) }), {
  maxLength: 5,
});

const ARBITRARY: Readonly<Record<EditKind, fc.Arbitrary<unknown>>> = {
  zero: some({ ...place, strength: share }),
  mean: some({ ...place, strength: share, over: promptSet, by: fc.constantFrom("token", "position") }),
  resample: some({ ...place, strength: share, from: promptSet, seed: whole }),
  patch: some({ ...place, strength: share, from: named, align: fc.constantFrom("position", "token") }),
  scale: some({ ...place, factor: finite }),
  add: some({
    ...place,
    coefficient: finite,
    direction: fc.oneof(
      fc.record({
        kind: fc.constant("difference"),
        plus: named,
        minus: named,
        over: fc.constantFrom("last", "all"),
      }),
      fc.record({ kind: fc.constant("vector"), name: text, values: fc.array(finite, { maxLength: 20 }) }),
    ),
  }),
  knockOut: some({ ...base, layers: indices, heads: indices, queries: positions, keys: positions }),
  mask: some({
    ...{ ...base, layers: indices, heads: indices, pairs },
    ...{ op: fc.constantFrom("hide", "only"), empty: fc.constantFrom("zeros", "uniform") },
  }),
  score: some({
    ...{ ...base, layers: indices, heads: indices, pairs },
    ...{ op: fc.constantFrom("set", "add"), value: finite },
  }),
  token: some({ ...base, position: whole, token: whole, text }),
  latent: some({
    ...base,
    sae: fc.record({ name: text, sha256: text }),
    latents: fc.array(whole, { maxLength: 5 }),
    op: fc.constantFrom("ablate", "clamp", "scale", "add"),
    amount: finite,
    error: fc.constantFrom("kept", "dropped"),
    positions,
  }),
  freeze: some({ ...base, what: fc.constantFrom("patterns", "norms"), layers: indices }),
};
const editOf = (kind: EditKind) => ARBITRARY[kind].map((fields) => ({ ...(fields as object), kind }) as Edit);

describe("edits in a link", () => {
  it.each(EDIT_KINDS)("of kind %s come back as they were", async (kind) => {
    await fc.assert(
      fc.asyncProperty(fc.array(editOf(kind), { maxLength: 3 }), async (edits) => {
        const state = { ...STATE, edits };
        expect(await decodeLink(await encodeLink(state))).toEqual(state);
      }),
      { numRuns: 60 },
    );
  });

  const ZERO = { id: "e1", on: true, kind: "zero", site: "attn.z", strength: 1 };
  const NAMED = { text: "a", tokens: [1] };
  it.each<readonly [string, unknown, RegExp]>([
    ["no list", {}, /edits/],
    ["too many", Array.from({ length: 65 }, () => ZERO), /edits/],
    ["an unknown kind", [{ ...ZERO, kind: "explode" }], /edits\.0\.kind/],
    ["no kind", [{ id: "e1", on: true }], /edits\.0\.kind/],
    ["an unknown field", [ZERO, { ...ZERO, run: 1 }], /edits\.1\.run/],
    ["a field of another kind", [{ ...ZERO, factor: 2 }], /edits\.0\.factor/],
    ["a site that is none", [{ ...ZERO, site: "blocks.0.attn.z" }], /edits\.0\.site/],
    ["a site of every object", [{ ...ZERO, site: "toString" }], /edits\.0\.site/],
    ["a strength above one", [{ ...ZERO, strength: 1.5 }], /edits\.0\.strength/],
    ["a strength that is none", [{ ...ZERO, strength: null }], /edits\.0\.strength/],
    ["negative layers", [{ ...ZERO, layers: [-1] }], /edits\.0\.layers\.0/],
    ["half a head", [{ ...ZERO, heads: [0.5] }], /edits\.0\.heads\.0/],
    ["positions in words", [{ ...ZERO, positions: "all" }], /edits\.0\.positions/],
    ["positions with more", [{ ...ZERO, positions: { from: 1, to: 2 } }], /edits\.0\.positions/],
    ["endless lists", [{ ...ZERO, dims: Array(100_001).fill(0) }], /edits\.0\.dims/],
    ["a switch in words", [{ ...ZERO, on: "yes" }], /edits\.0\.on/],
    ["an endless id", [{ ...ZERO, id: "x".repeat(201) }], /edits\.0\.id/],
    [
      "tokens that are texts",
      [{ ...ZERO, kind: "patch", align: "token", from: { text: "a", tokens: ["1"] } }],
      /edits\.0\.from\.tokens\.0/,
    ],
    ["an unknown alignment", [{ ...ZERO, kind: "patch", align: "best", from: NAMED }], /edits\.0\.align/],
    [
      "too many prompts",
      [{ ...ZERO, kind: "mean", by: "token", over: { name: "s", prompts: Array(1025).fill(NAMED) } }],
      /edits\.0\.over\.prompts/,
    ],
    [
      "a set without a name",
      [{ ...ZERO, kind: "resample", seed: 1, from: { prompts: [] } }],
      /edits\.0\.from\.name/,
    ],
    [
      "an unknown direction",
      [{ id: "e", on: true, kind: "add", site: "embed", coefficient: 1, direction: { kind: "up" } }],
      /edits\.0\.direction\.kind/,
    ],
    [
      "a direction of texts",
      [
        {
          id: "e",
          on: true,
          kind: "add",
          site: "embed",
          coefficient: 1,
          direction: { kind: "vector", name: "v", values: ["1"] },
        },
      ],
      /edits\.0\.direction\.values\.0/,
    ],
    [
      "NUL characters",
      [{ id: "e", on: true, kind: "token", position: 0, token: 0, text: "\0" }],
      /edits\.0\.text/,
    ],
  ])("are refused with %s", async (_, edits, message) => {
    await expect(decodeLink(await linkOf({ ...STATE, edits }))).rejects.toThrow(message);
    await expect(decodeLink(await linkOf({ ...STATE, edits }))).rejects.toMatchObject({ name: "BadLink" });
  });
});

describe("views, pointing and numbers in a link", () => {
  const FULL: LinkState = {
    ...STATE,
    views: {
      NextToken: { follow: " Ann", rows: 10, log: true, picked: [1, 2], names: ["a", "b"], none: [] },
      Attention: {},
    },
    selection: { pinned: 2, layer: 1, head: 3, neuron: 200, sae: "ab".repeat(32), latent: 7 },
    expected: {
      next: {
        position: 2,
        base: { ids: [3, 4], logProbs: [-0.1, -2.5] },
        edited: { ids: [4, 3], logProbs: [-0.2, -2] },
      },
    },
  };

  it("come back as they were", async () => {
    expect(await decodeLink(await encodeLink(FULL))).toEqual(FULL);
  });

  it("come back as they were, whatever the settings", async () => {
    const setting = fc.oneof(
      finite,
      fc.boolean(),
      text,
      fc.array(finite, { maxLength: 4 }),
      fc.array(text, { maxLength: 4 }),
    );
    const name = fc.stringMatching(/^[A-Za-z]\w{0,20}$/).filter((word) => !(word in {}));
    const views = fc.dictionary(name, fc.dictionary(name, setting, { noNullPrototype: true }), {
      noNullPrototype: true,
    });
    await fc.assert(
      fc.asyncProperty(views, async (given) => {
        const state = { ...STATE, views: given };
        expect(await decodeLink(await encodeLink(state))).toEqual(state);
      }),
      { numRuns: 100 },
    );
  });

  const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`s${i}`, 1]));
  const next = FULL.expected?.next;
  it.each<readonly [string, object, RegExp]>([
    ["views that are a list", { views: [1] }, /views/],
    ["a setting that is an object", { views: { A: { b: { c: 1 } } } }, /views\.A\.b/],
    ["a setting that is nothing", { views: { A: { b: null } } }, /views\.A\.b/],
    [
      "a panel named like a method",
      { views: { constructor: {} } },
      /views: must have at most 64 fields, named by plain words/,
    ],
    ["a setting named by markup", { views: { A: { "<b>": 1 } } }, /views\.A/],
    [
      "too many panels",
      { views: Object.fromEntries(Object.keys(many(65)).map((key) => [key, {}])) },
      /views/,
    ],
    ["too many settings", { views: { A: many(129) } }, /views\.A/],
    ["a negative position", { selection: { ...FULL.selection, pinned: -1 } }, /selection\.pinned/],
    ["no layer", { selection: { head: 0, neuron: 0 } }, /selection\.layer/],
    ["more to point at", { selection: { ...FULL.selection, corpus: 1 } }, /selection\.corpus/],
    [
      "six tokens",
      { expected: { next: { ...next, base: { ids: Array(6).fill(0), logProbs: Array(6).fill(0) } } } },
      /expected\.next\.base\.ids/,
    ],
    [
      "ids without numbers",
      { expected: { next: { ...next, edited: { ids: [1, 2], logProbs: [0] } } } },
      /expected\.next\.edited: has 1 numbers for 2 tokens/,
    ],
    ["half of the chain's numbers", { expected: { now: 0 } }, /expected\.baseline: is missing/],
    [
      "Shapley values alone",
      { expected: { shapley: { phi: [], vAll: 0, vNone: 0 } } },
      /expected\.now: is missing/,
    ],
  ])("are refused with %s", async (_, fields, message) => {
    await expect(decodeLink(await linkOf({ ...STATE, ...fields }))).rejects.toThrow(message);
  });

  it("are not fooled by prototype keys", async () => {
    const json = JSON.stringify({ ...STATE, views: { A: {} } }).replace(
      '{"A":',
      '{"__proto__":{"polluted":1},"A":',
    );
    await expect(decodeLink(await linkOf(JSON.parse(json)))).rejects.toThrow(/views/);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});
