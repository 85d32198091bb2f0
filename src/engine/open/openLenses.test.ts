/** Lenses held for a model: fitted, exported and opened again; what belongs to another model is refused or noted. */
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { CancelToken } from "../../protocol/cancel";
import { VitrineError } from "../../protocol/errors";
import type { LensFitRequest } from "../../protocol/gradients/lenses";
import { createCpuDevice } from "../device/cpu";
import { fileFromBytes } from "../formats/bytes/source";
import { filesFromFolder } from "../formats/bytes/sourceNode";
import type { Model } from "../models/model";
import { randomGpt2 } from "../models/randomModel";
import type { OpenModel } from "./openModel";
import { OpenLenses } from "./openLenses";

let model: Model;
beforeAll(async () => {
  model = randomGpt2(await createCpuDevice(), { n_layer: 3 });
});

const openOf = (info: object = {}, config: object = {}) =>
  ({
    info: { name: "toy", sha256: "1".repeat(64), dModel: 8, nLayers: 3, ...info },
    files: { config },
  }) as unknown as OpenModel;
const REQUEST: LensFitRequest = {
  ...{ name: "texts", before: [0], skipFirst: 1 },
  contexts: [
    [3, 1, 4, 1, 5],
    [9, 2, 6, 5],
  ],
};
const token = () => new CancelToken();

it("exports what it fitted, and opens it as the same lens", async () => {
  const lenses = new OpenLenses();
  const fitted = await lenses.fit(model, openOf({}, { rope_theta: 10000 }), REQUEST, token());
  const file = fileFromBytes("out/mine.safetensors", lenses.exported(fitted.id));
  const [opened] = await lenses.open(openOf({}, { rope_theta: 10000 }), [file], token());
  expect(opened).toMatchObject({
    name: "mine.safetensors",
    source: "file",
    layers: [0, 1],
    texts: 2,
    notes: [],
  });
  expect(opened!.environment).toEqual(fitted.environment);
  expect(opened!.environment).toMatchObject({
    rope: "base 10000",
    skipFirst: 1,
    before: [0],
    positions: 4 + 3,
  });
  for (const layer of [0, 1])
    expect(lenses.find(opened!.id).matrix(layer)).toEqual(lenses.find(fitted.id).matrix(layer));
  expect(lenses.infos.map(({ id }) => id)).toEqual([fitted.id, opened!.id]);
  lenses.release(fitted.id);
  expect(() => lenses.find(fitted.id)).toThrow(/no longer held/);
  // Other weights are a note, and so are other rotary positions.
  const [other] = await lenses.open(openOf({ sha256: "2".repeat(64) }), [file], token());
  expect(other!.notes.join(" ")).toMatch(/other weights \(toy, SHA-256 111111111111….*222222222222/);
  expect(other!.notes.join(" ")).toMatch(/rotary positions base 10000; here they are none/);
  // Another width or depth cannot be read at all.
  await expect(lenses.open(openOf({ dModel: 16 }), [file], token())).rejects.toThrow(
    /mine\.safetensors is a lens of 8 numbers a position; toy has 16/,
  );
  await expect(lenses.open(openOf({ nLayers: 1 }), [file], token())).rejects.toThrow(
    /matrix of block 1; the last of toy is 0/,
  );
});

it("opens published files, and says what they leave untold", async () => {
  const lenses = new OpenLenses();
  const folder = join(import.meta.dirname, "../formats/lens/fixtures");
  const published = (await filesFromFolder(folder)).filter(({ name }) => name.endsWith("published.pt"));
  const [info] = await lenses.open(openOf({ nLayers: 4 }), published, token());
  expect(info).toMatchObject({ layers: [0, 1], texts: 25, environment: {} });
  expect(info!.notes.join(" ")).toMatch(/does not say: .*It has no matrix of block 2\./);
  expect(lenses.find(info!.id).matrix(1)[8]).toBe(2);
  const text = fileFromBytes("a.txt", new TextEncoder().encode("nothing here at all"));
  await expect(lenses.open(openOf(), [text], token())).rejects.toThrow(/No Jacobian lens among a\.txt/);
});

it("keeps a fit that was stopped after a text, and none that was stopped before", async () => {
  const lenses = new OpenLenses();
  const stopped = token();
  stopped.cancel();
  const none = await lenses.fit(model, openOf(), REQUEST, stopped);
  expect([none.texts, lenses.infos.length]).toEqual([0, 0]);
  // Lets the first text through, and no more.
  let pauses = 0;
  const once = token();
  once.pause = async () => {
    if (++pauses > 1) throw new VitrineError("Cancelled", "Cancelled.");
  };
  const part = await lenses.fit(model, openOf(), REQUEST, once);
  expect([part.texts, lenses.infos.length]).toEqual([1, 1]);
  expect((await lenses.goOn(model, part.id, token())).texts).toBe(2);
  lenses.forget();
  expect(lenses.infos).toEqual([]);
});
