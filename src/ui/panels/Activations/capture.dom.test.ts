/** What the panel holds of the engine's memory: one capture at a time, nothing of answers that came too late. */
import { beforeEach, describe, expect, it } from "vitest";
import type { CaptureRequest, TensorRef } from "../../../protocol/analysis";
import type { GenerateRequest } from "../../../protocol/api";
import type { Edit } from "../../../protocol/interventions";
import { withTokenEdits } from "../../../client/tokens/readTokens";
import { Query } from "../../state/query.svelte";
import type { Session } from "../../state/session.svelte";
import { AUTOMATIC_BYTES, PanelCapture, promptsOf, type Ask } from "./capture.svelte";
import { fileMetadata, tensorFile } from "./tensorFile";

const token = (id: number) => ({ id, text: `t${id}`, special: false });
const EDIT = { id: "e", on: true, kind: "token", position: 1, token: 9, text: "nine" } as Edit;
const ask = (site: string, edits: readonly Edit[] = []): Ask => ({
  ...{ source: "prompt", site, edits },
  texts: [{ label: "prompt", tokens: [token(4), token(5)] }],
});

let held: Set<number>;
let answers: (() => void)[];
let bytes: number;
let generated: GenerateRequest[];
let session: Session;
beforeEach(() => {
  held = new Set();
  answers = [];
  bytes = 100;
  generated = [];
  let nextId = 1;
  const hold = (prompts: number, sites: readonly string[], positions: number): TensorRef[] =>
    Array.from({ length: prompts }, (_, prompt) =>
      sites.map((site) => {
        held.add(nextId);
        return { id: nextId++, prompt, site, shape: [positions, 8] };
      }),
    ).flat();
  session = {
    ...{
      promptText: "x",
      maxTokens: 5,
      temperature: 0,
      topK: 0,
      topP: 1,
      seed: 7,
      edits: { active: [EDIT] },
    },
    model: { name: "m", sha256: "ab", eosId: 1, nCtx: 16 },
    promptTokens: async () => [token(4), token(5)],
    query: <T>(_: undefined, release?: (value: T) => void) => new Query<T>(session.engine, release),
    engine: {
      planCapture: async () => ({ tensors: [], bytes, limitBytes: 2 ** 30 }),
      async capture({ prompts, sites }: CaptureRequest) {
        await new Promise<void>((resolve) => answers.push(resolve));
        return hold(prompts.length, sites, 2);
      },
      async generate(request: GenerateRequest, _: string, onToken?: () => void) {
        generated.push(request);
        onToken?.();
        onToken?.();
        return { tokens: [6, 7], captures: hold(1, request.capture ?? [], 3) };
      },
      describeTokens: async (ids: number[]) => ids.map(token),
      exportTensors: async (ids: number[]) => Uint8Array.from(ids),
      releaseTensors: async (ids: number[]) => ids.forEach((id) => held.delete(id)),
      cancel: async () => undefined,
    },
  } as unknown as Session;
});

const settle = () => new Promise((resolve) => setTimeout(resolve));
async function answer() {
  answers.shift()?.();
  await settle();
}

describe("PanelCapture", () => {
  it("holds one capture, and none when it is cleared", async () => {
    const captures = new PanelCapture(session);
    for (const site of ["embed", "logits"]) {
      void captures.planned(ask(site));
      await settle();
      await answer();
      expect(captures.shown.value?.site).toBe(site);
      expect([...held]).toEqual(captures.shown.value?.now.map(({ id }) => id));
    }
    captures.shown.clear();
    expect(held.size).toBe(0);
  });

  it("lets go of an answer that came too late", async () => {
    const captures = new PanelCapture(session);
    void captures.planned(ask("embed"));
    await settle();
    void captures.planned(ask("logits"));
    await settle();
    answers.reverse();
    await answer();
    await answer();
    expect(captures.shown.value?.site).toBe("logits");
    expect(held.size).toBe(1);
    void captures.planned(ask("embed"));
    await settle();
    captures.shown.clear();
    await answer();
    expect(held.size).toBe(0);
  });

  it("waits with a large capture until it is asked for", async () => {
    bytes = AUTOMATIC_BYTES + 1;
    const captures = new PanelCapture(session);
    await captures.planned(ask("embed"));
    expect([answers.length, captures.waiting?.site]).toEqual([0, "embed"]);
    void captures.capture(ask("embed"));
    await answer();
    expect(captures.waiting).toBeUndefined();
    expect(captures.shown.value?.now).toHaveLength(1);
  });

  it("captures with and without edits, in one request", async () => {
    const captures = new PanelCapture(session);
    void captures.planned(ask("embed", [EDIT]));
    await settle();
    await answer();
    expect(captures.shown.value).toMatchObject({ now: [{ prompt: 0 }], baseline: [{ prompt: 1 }] });
  });

  it("captures what the model reads while it writes, and writes the same again for a file", async () => {
    const captures = new PanelCapture(session);
    await captures.captureWriting("embed");
    const captured = captures.shown.value!;
    expect(captured.texts[0]?.tokens.map(({ text }) => text)).toEqual(["t4", "nine", "t6"]);
    expect([captured.texts[0]?.writtenFrom, captures.written]).toEqual([2, 2]);
    const before = held.size;
    Object.assign(session, { seed: 8 });
    const file = await tensorFile(session, captured, ["embed", "logits"], "npz", "run");
    expect(file).toHaveLength(2);
    expect(held.size).toBe(before);
    expect(generated.map(({ seed, capture }) => [seed, capture])).toEqual([
      [7, ["embed"]],
      [7, ["embed", "logits"]],
    ]);
    expect(JSON.parse(fileMetadata(session, captured)["generation"]!)).toMatchObject({
      seed: 7,
      maxTokens: 5,
    });
  });
});

it("asks for every text with its edits, then for all without", () => {
  const edited = ask("embed", [EDIT]);
  expect(promptsOf(edited)).toEqual([{ tokens: [4, 5], edits: [EDIT] }, { tokens: [4, 5] }]);
  expect(promptsOf(ask("embed"))).toEqual([{ tokens: [4, 5] }]);
  expect(withTokenEdits(edited.texts[0]!.tokens, [EDIT]).map(({ id, text }) => [id, text])).toEqual([
    [4, "t4"],
    [9, "nine"],
  ]);
  const prompts = JSON.parse(fileMetadata(session, edited)["prompts"]!) as unknown[];
  expect(prompts).toEqual([
    { tokens: [4, 5], edits: true },
    { tokens: [4, 5], edits: false },
  ]);
});
