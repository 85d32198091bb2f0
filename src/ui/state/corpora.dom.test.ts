/** A pass over a corpus from texts to numbers, stopped, refused, and left behind. */
import { beforeEach, expect, it } from "vitest";
import type { EngineApi } from "../../protocol/api";
import { VitrineError } from "../../protocol/errors";
import type { CorpusInfo, CorpusRequest } from "../../protocol/sae/features";
import { Corpora } from "./corpora.svelte";
import { TEST_MODEL } from "./testEngine";

let asked: CorpusRequest[];
let released: number[];
let wentOn: number[];
let finish: (info: CorpusInfo | Error) => void;
let corpora: Corpora;

const info = (id: number): CorpusInfo => ({
  ...{ id, name: "a.txt", saes: [1], tokensDone: 4, tokens: 4, tokensPerSecond: 100 },
  ...{ dead: [3], l0: [8], fvu: [0.1] },
});
const ask = (texts: readonly string[]) => ({
  saes: [1],
  texts: { name: "a.txt", texts },
  ...{ contextSize: 16, addBos: true, seed: 0 },
});

beforeEach(() => {
  asked = [];
  released = [];
  wentOn = [];
  const pending = () =>
    new Promise<CorpusInfo>((resolve, reject) => {
      finish = (result) => (result instanceof Error ? reject(result) : resolve(result));
    });
  const engine = {
    cancel: async () => undefined,
    releaseCorpus: async (id: number) => void released.push(id),
    async saeCorpus(request: CorpusRequest, _: string, onProgress?: (p: object) => void) {
      asked.push(request);
      onProgress?.({ tokensDone: 2, tokens: 4, tokensPerSecond: 50 });
      return pending();
    },
    async goOnWithCorpus(id: number) {
      wentOn.push(id);
      return pending();
    },
  } as unknown as EngineApi;
  corpora = new Corpora(engine, {
    model: TEST_MODEL,
    pieceTokens: async (text) => [...text].map((_, id) => ({ id, text: "", special: false })),
  });
});
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

it("tokenizes, shows how far it is, and holds what comes back", async () => {
  const run = corpora.run(ask(["ab", "cd"]));
  await settled();
  expect(asked[0]).toMatchObject({
    documents: [
      [0, 1],
      [0, 1],
    ],
    contextSize: 16,
    name: "a.txt",
  });
  expect(corpora.progress).toMatchObject({ done: 2, total: 4 });
  expect(corpora.speed).toBe(50);
  finish(info(7));
  await run;
  expect(corpora.busy).toBe(false);
  expect(corpora.of(1)).toMatchObject([{ id: 7, contextSize: 16, addBos: true }]);
  expect(corpora.of(2)).toEqual([]);
  await corpora.release(7);
  expect([corpora.list, released]).toEqual([[], [7]]);
});

it("goes on with a pass that was stopped, in its place", async () => {
  const run = corpora.run(ask(["ab", "cd"]));
  await settled();
  finish({ ...info(7), tokensDone: 2 });
  await run;
  const [stopped] = corpora.of(1);
  expect(stopped?.tokensDone).toBe(2);
  const again = corpora.goOn(stopped!);
  await settled();
  expect(wentOn).toEqual([7]);
  expect(corpora.progress).toMatchObject({ done: 2, total: 4 });
  finish(info(7));
  await again;
  expect(corpora.list).toHaveLength(1);
  expect(corpora.list[0]?.tokensDone).toBe(4);
  expect(released).toEqual([]);
});

it("keeps nothing of a pass that ended after another model was loaded", async () => {
  const run = corpora.run(ask(["ab"]));
  await settled();
  corpora.forget();
  finish(info(8));
  await run;
  expect([corpora.list, released]).toEqual([[], [8]]);
});

it("says what is wrong, but not that somebody stopped it", async () => {
  await corpora.run(ask([]));
  expect(corpora.error).toBe("There is no text in a.txt.");
  const run = corpora.run(ask(["ab"]));
  await settled();
  finish(new VitrineError("Cancelled", "Stopped."));
  await run;
  expect([corpora.error, corpora.busy]).toEqual([undefined, false]);
});
