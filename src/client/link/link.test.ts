/** Share links: what goes in comes out, and what a stranger sends ends in a sentence. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeLink, encodeLink, type LinkState } from "./link";

const STATE: LinkState = {
  model: { name: "ledger", sha256: "ab".repeat(32), embedded: true, precision: "f16", parameters: 480_000 },
  device: "CPU",
  prompt: "Ann has 3 apples . Think :",
  tokens: [0, 5, 6],
  addBos: true,
  generation: { temperature: 0.7, topK: 0, topP: 0.95, seed: 7, maxTokens: 64 },
  steps: [
    { text: " first Ann 3 + 4 = 7 .", present: true },
    { text: " last Ann 7 - 1 = 6 .", present: false },
  ],
  answerPrefix: " Answer :",
  answer: " 6",
  mode: "delete",
  filler: { text: "_", id: 4 },
  panel: "ChainOfThought",
  selectedStep: 1,
  expected: {
    now: -2.5,
    baseline: -0.01,
    early: [-2.4, -2.4, -0.01],
    loo: [0, 2.4],
    shapley: { phi: [0.001, 2.39], vAll: -0.01, vNone: -2.4 },
  },
};

const WITHOUT_NUMBERS = { ...STATE };
delete WITHOUT_NUMBERS.expected;

async function deflated(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return Buffer.from(bytes).toString("base64url");
}

const linkOf = async (value: unknown) => `#v=1&s=${await deflated(JSON.stringify(value))}`;

describe("share links", () => {
  it("bring back exactly what was put in", async () => {
    expect(await decodeLink(`#${await encodeLink(STATE)}`)).toEqual(STATE);
  });

  it("bring back any text", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.array(fc.boolean(), { maxLength: 20 }),
        async (text, present) => {
          const prompt = new TextDecoder().decode(new TextEncoder().encode(text)).replaceAll("\0", "");
          const steps = present.map((on) => ({ text: prompt, present: on }));
          const state = { ...WITHOUT_NUMBERS, prompt, steps };
          expect(await decodeLink(await encodeLink(state))).toEqual(state);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("stay short", async () => {
    expect((await encodeLink(STATE)).length).toBeLessThan(1200);
  });

  it.each([
    ["another version", "#v=2&s=abc", /version is 2/],
    ["no version", "#s=abc", /version is missing/],
    ["an unknown field beside the state", "#v=1&s=abc&run=1", /unknown or repeated field “run”/],
    ["a field twice", "#v=1&s=abc&s=def", /repeated field “s”/],
    ["no state", "#v=1", /0 characters/],
    ["not base64", "#v=1&s=%3Cscript%3E", /not base64url/],
    ["not deflate", "#v=1&s=AAAA", /does not inflate/],
    ["an endless state", `#v=1&s=${"A".repeat(400_001)}`, /400001 characters/],
  ])("refuse %s", async (_, hash, message) => {
    await expect(decodeLink(hash)).rejects.toThrow(message);
    await expect(decodeLink(hash)).rejects.toMatchObject({ name: "BadLink" });
  });

  it("refuse what unfolds past a megabyte, without unfolding it", async () => {
    const bomb = await deflated("0".repeat(200_000_000));
    const started = performance.now();
    await expect(decodeLink(`#v=1&s=${bomb.slice(0, 400_000)}`)).rejects.toThrow(
      /inflates to more than 1000000 bytes|does not inflate/,
    );
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it.each([
    ["unknown fields", { ...STATE, script: "alert(1)" }, /script/],
    ["wrong types", { ...STATE, prompt: 5 }, /prompt/],
    ["unknown modes", { ...STATE, mode: "explode" }, /mode/],
    ["a hash that is none", { ...STATE, model: { ...STATE.model, sha256: "xyz" } }, /sha256/],
    ["thousands of steps", { ...STATE, steps: Array.from({ length: 600 }, () => STATE.steps[0]) }, /steps/],
    ["infinite numbers", { ...STATE, generation: { ...STATE.generation, temperature: null } }, /temperature/],
    ["negative ids", { ...STATE, tokens: [-1] }, /tokens/],
    [
      "temperatures below zero",
      { ...STATE, generation: { ...STATE.generation, temperature: -1 } },
      /temperature/,
    ],
    ["a share above one", { ...STATE, generation: { ...STATE.generation, topP: 7 } }, /topP/],
    ["NUL characters", { ...STATE, answer: " 6\0" }, /answer: must not hold a NUL character/],
    [
      "numbers for other steps",
      { ...STATE, expected: { ...STATE.expected, loo: [1] } },
      /expected\.loo: has 1/,
    ],
    ["fields named like methods", { ...STATE, toString: 1 }, /toString/],
    ["no object", "just a text", /state/],
  ])("refuse %s, by name", async (_, value, message) => {
    await expect(decodeLink(await linkOf(value))).rejects.toThrow(message);
  });

  it("quote a stranger at most briefly", async () => {
    const link = await linkOf({ ...STATE, ["x".repeat(300_000)]: 1, mode: "y".repeat(300_000) });
    const error: unknown = await decodeLink(link).catch((reason: unknown) => reason);
    expect((error as Error).message.length).toBeLessThan(300);
  });

  it("do not overflow the stack on deep nesting", async () => {
    const deep = `{"prompt":${"[".repeat(400_000)}${"]".repeat(400_000)}}`;
    await expect(decodeLink(`#v=1&s=${await deflated(deep)}`)).rejects.toMatchObject({ name: "BadLink" });
  });

  it.each([
    ["endless text", { ...STATE, prompt: "a".repeat(200_001) }, /prompt/],
    ["numbers that are none", { ...STATE, expected: { ...STATE.expected!, now: NaN } }, /expected\.now/],
    [
      "more than a link holds",
      {
        ...WITHOUT_NUMBERS,
        steps: Array.from({ length: 400 }, () => ({ text: "é".repeat(3000), present: true })),
      },
      /bytes/,
    ],
  ])("are not made of %s", async (_, state, message) => {
    await expect(encodeLink(state)).rejects.toThrow(message);
    await expect(encodeLink(state)).rejects.toThrow(/^This session does not fit in a link/);
  });

  it("end in a state or a BadLink, whatever their JSON says", async () => {
    const hostile = fc.oneof(
      fc.constantFrom<unknown>(null, 1e308, -1, 0.5, "", "\0", [], {}, [[[]]], true, "x".repeat(300)),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(STATE)), hostile, async (key, value) => {
        const opened = await decodeLink(await linkOf({ ...STATE, [key]: value })).catch(
          (error: unknown) => error,
        );
        if (opened instanceof Error) expect(opened.message).toMatch(/^This link cannot be opened: .*\.$/s);
        else expect(Object.keys(STATE)).toEqual(expect.arrayContaining(Object.keys(opened as object)));
      }),
      { numRuns: 500 },
    );
  });

  it("are not fooled by prototype keys", async () => {
    const json = JSON.stringify(STATE).replace("{", '{"__proto__":{"polluted":true},');
    await expect(decodeLink(`#v=1&s=${await deflated(json)}`)).rejects.toMatchObject({ name: "BadLink" });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("end in a state or a BadLink, whatever is done to them", async () => {
    const good = await encodeLink(STATE);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(good.length - 1),
        fc.constantFrom("A", "_", "&", "=", "%", "\0", "é", ""),
        async (at, char) => {
          const mutated = good.slice(0, at) + char + good.slice(at + 1);
          await decodeLink(mutated).catch((error: unknown) =>
            expect(error).toMatchObject({ name: "BadLink" }),
          );
        },
      ),
      { numRuns: 600 },
    );
  });
});
