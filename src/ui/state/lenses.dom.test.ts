/** Fits from texts to a held lens: shown on the way, stopped with and without something to keep, refused; files that are opened. */
import { beforeEach, expect, it, vi } from "vitest";
import type { EngineApi } from "../../protocol/api";
import { VitrineError } from "../../protocol/errors";
import type { LensFitRequest, LensInfo } from "../../protocol/gradients/lenses";
import { Lenses } from "./lenses.svelte";
import { TEST_MODEL } from "./testEngine";

let asked: LensFitRequest[];
let held: LensInfo[];
let cancelled: number;
let show: (lens: LensInfo) => void;
let finish: (lens: LensInfo | Error) => void;
let lenses: Lenses;

const info = (id: number, texts = 2): LensInfo => ({
  ...{ id, name: "a.txt", source: "fit", layers: [0], dModel: 8, texts, allTexts: 2, shortTexts: 0 },
  ...{ environment: {}, notes: [] },
});
const FIT = {
  texts: { name: "a.txt", texts: ["abc", "de"] },
  ...{ longest: 3, before: [9], skipFirst: 1 },
};

beforeEach(() => {
  asked = [];
  held = [];
  cancelled = 0;
  const pending = (onProgress?: (lens: LensInfo) => void) => {
    show = (lens) => onProgress?.(lens);
    return new Promise<LensInfo>((resolve, reject) => {
      finish = (lens) => {
        if (lens instanceof Error) return reject(lens);
        if (lens.texts > 0) held = [lens];
        resolve(lens);
      };
    });
  };
  const engine = {
    cancel: async () => void cancelled++,
    lenses: async () => held,
    releaseLens: async (id: number) => void (held = held.filter((one) => one.id !== id)),
    async fitJacobianLens(request: LensFitRequest, _: string, onProgress?: (lens: LensInfo) => void) {
      asked.push(request);
      return pending(onProgress);
    },
    goOnFitting: async (_id: number, _: string, onProgress?: (lens: LensInfo) => void) => pending(onProgress),
    async openLenses([file]: readonly File[]) {
      if (file?.name !== "good.pt") throw new VitrineError("BadFile", "bad.pt is a lens of 8 numbers.");
      held = [{ ...info(5), source: "file" }];
      return held;
    },
  } as unknown as EngineApi;
  lenses = new Lenses(engine, {
    model: TEST_MODEL,
    pieceTokens: async (text) => [...text].map((_, id) => ({ id, text: "", special: false })),
  });
});
/** The engine was asked so many times. */
const settled = (times = 1) => vi.waitFor(() => expect(asked.length).toBe(times));

it("cuts texts, shows how far it is, and holds what comes back", async () => {
  const fit = lenses.fit(FIT);
  await settled();
  // Three tokens a text, one of them what stands before it.
  expect(asked).toEqual([{ name: "a.txt", contexts: [[0, 1], [2], [0, 1]], before: [9], skipFirst: 1 }]);
  expect([lenses.busy, lenses.progress?.lens]).toEqual([true, undefined]);
  show(info(1, 1));
  expect(lenses.progress).toMatchObject({ done: 1, total: 2, lens: { texts: 1 } });
  finish(info(1));
  await fit;
  expect([lenses.busy, lenses.list.length, lenses.arrived?.id]).toEqual([false, 1, 1]);
  await lenses.release(1);
  expect(lenses.list).toEqual([]);
});

it("keeps the texts so far where it is stopped, and nothing before the first", async () => {
  const fit = lenses.fit(FIT);
  await settled();
  show(info(1, 1));
  lenses.cancel();
  expect(lenses.busy).toBe(true);
  finish(info(1, 1));
  await fit;
  expect([cancelled, lenses.list[0]?.texts, lenses.busy]).toEqual([1, 1, false]);
  const goOn = lenses.goOn(info(1, 1));
  finish(info(1));
  await goOn;
  expect(lenses.list[0]?.texts).toBe(2);

  const none = lenses.fit(FIT);
  await settled(2);
  lenses.cancel();
  expect(lenses.busy).toBe(false);
  held = [];
  finish(info(2, 0));
  await none;
  expect([lenses.list, lenses.error]).toEqual([[], undefined]);
});

it("says why a fit or a file is refused, and keeps what it has", async () => {
  const fit = lenses.fit(FIT);
  await settled();
  finish(new VitrineError("Unsupported", "No text of a.txt has more than 17 tokens."));
  await fit;
  expect([lenses.error, lenses.busy]).toEqual(["No text of a.txt has more than 17 tokens.", false]);
  await lenses.fit({ ...FIT, texts: { name: "b.txt", texts: [] } });
  expect(lenses.error).toBe("There is no text in b.txt.");
  expect(await lenses.open([new File([], "good.pt")])).toHaveLength(1);
  expect([lenses.error, lenses.arrived?.id]).toEqual([undefined, 5]);
  expect(await lenses.open([new File([], "bad.pt")])).toEqual([]);
  expect([lenses.error, lenses.list.length]).toEqual(["bad.pt is a lens of 8 numbers.", 1]);
  held = [];
  await lenses.refresh();
  expect([lenses.list, lenses.error, lenses.arrived]).toEqual([[], undefined, undefined]);
});
