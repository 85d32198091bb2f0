/** The engine between two models: what is loaded stays usable until the next one is there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import type { ModelSource } from "../protocol/api";
import type { Progress } from "../protocol/progress";
import { createCpuDevice } from "./device/cpu";
import { createEngine, type EngineHost } from "./engine";
import type { FileSet } from "./formats/bytes/source";
import { filesFromFolder } from "./formats/bytes/sourceNode";

const LEDGER = join(import.meta.dirname, "../../static/models/ledger");
const TOKENIZER = new File([readFileSync(join(LEDGER, "tokenizer.json"))], "tokenizer.json");
const HUB: ModelSource = { kind: "hub", name: "far", address: "owner/far" };
const EMBEDDED: ModelSource = { kind: "embedded", name: "ledger" };

let files: FileSet;
let opened: string[];
let openFiles: EngineHost["openFiles"];
beforeEach(async () => {
  files = (await filesFromFolder(LEDGER)).filter(({ name }) => name !== "examples.json");
  opened = [];
  openFiles = async () => files;
});

async function start() {
  const engine = createEngine({
    openDevice: async () => ({ device: await createCpuDevice(), reason: "" }),
    openSae: async () => [],
    openFiles(source, ...rest) {
      opened.push(source.name);
      return openFiles(source, ...rest);
    },
  });
  await engine.loadModel(EMBEDDED, "auto", "first");
  return engine;
}

/** The same files, whose weights arrive when `arrive` is called; aborted before, they never do. */
function farAway(signal: AbortSignal) {
  let arrive = () => undefined as void;
  const here = new Promise<void>((resolve, reject) => {
    arrive = resolve;
    signal.addEventListener("abort", () =>
      reject(Object.assign(new Error("stopped"), { name: "Cancelled" })),
    );
  });
  here.catch(() => undefined);
  let isArriving = true;
  const far = files.map((file) =>
    file.name.endsWith(".json")
      ? file
      : {
          ...{ name: file.name, size: file.size },
          get isArriving() {
            return isArriving;
          },
          async slice(from: number, to: number) {
            await here;
            isArriving = false;
            return file.slice(from, to);
          },
        },
  );
  return { far, arrive };
}

it("runs the loaded model while another arrives, and also across the change", async () => {
  const engine = await start();
  let arrive = () => undefined as void;
  openFiles = async (_, signal) => {
    const away = farAway(signal);
    arrive = away.arrive;
    return away.far;
  };
  const progress: Progress[] = [];
  const loading = engine.loadModel(HUB, "auto", "second", (news) => progress.push(news));
  const tokens = (await engine.tokenize("Ann has 3 apples .", true)).map(({ id }) => id);
  const request = { tokens, temperature: 0, topK: 0, topP: 1, seed: 0, stopIds: [] };
  const before = await engine.generate({ ...request, maxTokens: 4 }, "before");
  expect(progress.filter(({ note }) => note.startsWith("reading"))).toEqual([]);
  const across = engine.generate({ ...request, maxTokens: 60 }, "across");
  arrive();
  expect((await loading).name).toBe("far");
  expect((await across).tokens.slice(0, 4)).toEqual(before.tokens);
  expect(progress.at(-1)?.note).toBe("trying a sample prompt");
});

it("keeps the loaded model when the next one is cancelled on its way", async () => {
  const engine = await start();
  openFiles = async (_, signal) => farAway(signal).far;
  const loading = engine.loadModel(HUB, "auto", "second");
  setTimeout(() => void engine.cancel("second"), 20);
  await expect(loading).rejects.toMatchObject({ name: "Cancelled" });
  expect((await engine.model())?.name).toBe("ledger");
});

it("refuses a model that it cannot run before its weights are fetched", async () => {
  const engine = await start();
  openFiles = async (_, signal) => {
    const json = new TextEncoder().encode('{"model_type":"mamba"}');
    const config = { name: "config.json", size: json.length, slice: async () => json };
    return [config, ...farAway(signal).far.filter(({ name }) => name !== "config.json")];
  };
  await expect(engine.loadModel(HUB, "auto", "second")).rejects.toThrow('model_type is "mamba"');
});

it("fetches nothing again to read what it has in another precision", async () => {
  const engine = await start();
  await engine.loadModel(HUB, "f16", "second");
  const info = await engine.loadModel(HUB, "f32", "third");
  expect(info.precision).toBe("f32");
  expect(opened).toEqual(["ledger", "far"]);
});

it("takes a tokenizer that comes later, now and with the source", async () => {
  files = files.filter(({ name }) => !name.startsWith("tokenizer"));
  const engine = await start();
  expect((await engine.model())?.notes).toEqual([expect.stringContaining("tokenizer.json not found")]);
  await expect(engine.completeModel([new File(["{}"], "config.json")])).rejects.toThrow();
  const info = await engine.completeModel([TOKENIZER]);
  expect(info).toMatchObject({ hasTokenizer: true, notes: [] });
  expect(await engine.tokenize("Ann", false)).toHaveLength(1);
  const again = await engine.loadModel({ ...EMBEDDED, companions: [TOKENIZER] }, "auto", "again");
  expect(again.hasTokenizer).toBe(true);
});

it("refuses a tokenizer of another model, and stays as it was", async () => {
  files = files.filter(({ name }) => !name.startsWith("tokenizer"));
  const engine = await start();
  const json = JSON.parse(await TOKENIZER.text()) as { model: { vocab: Record<string, number> } };
  for (let id = Object.keys(json.model.vocab).length; id < 3000; id++) json.model.vocab[`extra${id}`] = id;
  const other = new File([JSON.stringify(json)], "tokenizer.json");
  await expect(engine.completeModel([other])).rejects.toThrow("it belongs to another model");
  expect((await engine.model())?.hasTokenizer).toBe(false);
});

it("says that a kept model was changed on the disk", async () => {
  const engine = await start();
  const kept: ModelSource = { kind: "kept", name: "mine", sha256: "00".repeat(32) };
  await expect(engine.loadModel(kept, "auto", "second")).rejects.toThrow(
    "mine was changed on this device's disk",
  );
  await expect(engine.keptModels()).rejects.toThrow("in a browser");
});

it("keeps captured tensors across a change of model, of generations too, until they are released", async () => {
  const engine = await start();
  const tokens = (await engine.tokenize("Ann has 3 apples .", true)).map(({ id }) => id);
  const request = { prompts: [{ tokens }], sites: ["blocks.0.hook_resid_pre"] };
  const plan = await engine.planCapture(request);
  const [ref] = await engine.capture(request, "capture");
  expect(ref?.shape).toEqual(plan.tensors[0]?.shape);
  const { captures } = await engine.run({ rows: [{ tokens }], capture: request.sites });
  await engine.loadModel(HUB, "auto", "second");
  const [rows = 0, cols = 0] = ref!.shape;
  const all = { leading: [], maxRows: rows, maxCols: cols };
  const read = await engine.readTensor({ id: ref!.id, rows: [0, rows], cols: [0, cols], ...all });
  expect(read.data).toEqual(captures[0]!.data);
  const written = await engine.generate(
    {
      ...{ tokens, temperature: 0, topK: 0, topP: 1, seed: 0, stopIds: [], maxTokens: 3 },
      capture: ["blocks.1.attn.pattern"],
    },
    "written",
  );
  expect(written.captures?.[0]?.shape.slice(1)).toEqual([rows + 2, rows + 2]);
  await engine.releaseTensors([ref!.id, 99]);
  await expect(engine.tensorStats(ref!.id)).rejects.toThrow("is not held any more");
});
