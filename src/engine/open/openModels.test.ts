/** Two models on one device: neither is touched by what becomes of the other, but for the memory they share. */
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import type { ModelSlot } from "../../protocol/analysis";
import type { ModelSource } from "../../protocol/api";
import { CancelToken } from "../../protocol/cancel";
import { createCpuDevice } from "../device/cpu";
import type { Device } from "../device/device";
import { createEngine } from "../engine";
import type { FileSet } from "../formats/bytes/source";
import { filesFromFolder } from "../formats/bytes/sourceNode";
import { run } from "../interp/pass/runRows";
import { OpenModels } from "./openModels";

const MODELS = join(import.meta.dirname, "../../../static/models");
const LEDGER: ModelSource = { kind: "embedded", name: "ledger" };
const POSTHOC: ModelSource = { kind: "embedded", name: "ledger-posthoc" };
const TOKENS = [1, 2, 3, 4];

const sets = new Map<string, FileSet>();
beforeAll(async () => {
  for (const name of ["ledger", "ledger-posthoc"]) {
    const files = await filesFromFolder(join(MODELS, name));
    sets.set(
      name,
      files.filter((file) => file.name !== "examples.json"),
    );
  }
});

async function start() {
  const models = new OpenModels(async ({ name }) => sets.get(name) ?? []);
  const device = await createCpuDevice();
  const load = (slot: ModelSlot, source: ModelSource, on: Device = device) =>
    models.load(slot, on, { source, precision: "auto", token: new CancelToken() });
  await load("main", LEDGER);
  const score = (slot: ModelSlot) =>
    models.during(slot, (model) =>
      run(model, { rows: [{ tokens: TOKENS }], score: [{ row: 0, position: 3, target: 5 }] }),
    );
  return { models, device, load, score: async (slot: ModelSlot) => (await score(slot)).scores[0] };
}

it("opens a second model beside the first and closes it again", async () => {
  const { models, load, score } = await start();
  const alone = await score("main");
  expect(() => models.in("other")).toThrow("No second model is open; open one beside the first.");
  expect((await load("other", POSTHOC)).name).toBe("ledger-posthoc");
  expect(await score("main")).toBe(alone);
  expect(await score("other")).not.toBe(alone);
  expect(models.differingTokens()).toBeUndefined();
  models.closeOther();
  expect(() => models.in("other")).toThrow("No second model is open");
  expect(await score("main")).toBe(alone);
});

it("is the same model in either place", async () => {
  const { load, score } = await start();
  await load("other", LEDGER);
  expect(await score("other")).toBe(await score("main"));
});

it("keeps both as they are when a load fails", async () => {
  const { models, load, score } = await start();
  await load("other", POSTHOC);
  const before = [await score("main"), await score("other")];
  await expect(load("other", { kind: "embedded", name: "absent" })).rejects.toThrow();
  await expect(load("main", { kind: "embedded", name: "absent" })).rejects.toThrow();
  expect([models.in("main").info.name, models.in("other").info.name]).toEqual(["ledger", "ledger-posthoc"]);
  expect([await score("main"), await score("other")]).toEqual(before);
});

const withTotal = (device: Device, maxTotalBytes: number): Device =>
  new Proxy(device, {
    get(target, name) {
      if (name === "limits") return { ...target.limits, maxTotalBytes };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });

it("counts the memory of both", async () => {
  const { models, device, load } = await start();
  const { weightBytes } = models.in("main");
  const small = withTotal(device, 1.5 * weightBytes);
  await expect(load("other", POSTHOC, small)).rejects.toThrow(
    /the device holds \S+ GiB, of which the other model takes \S+ GiB/,
  );
  await expect(load("main", POSTHOC, small)).resolves.toMatchObject({ name: "ledger-posthoc" });
});

it("takes both to another device, or says why the second did not come along", async () => {
  const { models, load, score } = await start();
  await load("other", POSTHOC);
  const before = [await score("main"), await score("other")];
  const next = await createCpuDevice();
  await models.moveTo(next);
  expect(models.in("other").model.memory.device).toBe(next);
  expect([await score("main"), await score("other")]).toEqual(before);

  await models.moveTo(withTotal(await createCpuDevice(), 1.5 * models.in("main").weightBytes));
  expect(await score("main")).toBe(before[0]);
  expect(() => models.in("other")).toThrow(/ledger-posthoc was closed with the device before: .* needs/);
});

it("says when tokens of one model are not those of the other", async () => {
  const { models, load } = await start();
  const json = sets.get("ledger")?.find(({ name }) => name === "tokenizer.json");
  const text = new TextDecoder().decode(await json?.slice(0, json.size));
  const swapped = JSON.parse(text) as { model: { vocab: Record<string, number> } };
  const [first = "", second = ""] = Object.keys(swapped.model.vocab).slice(-2);
  const { vocab } = swapped.model;
  [vocab[first], vocab[second]] = [vocab[second] ?? 0, vocab[first] ?? 0];
  const companions = [new File([JSON.stringify(swapped)], "tokenizer.json")];
  const rest = (sets.get("ledger-posthoc") ?? []).filter(({ name }) => !name.startsWith("tokenizer"));
  sets.set("bare", rest);
  await load("other", { kind: "embedded", name: "bare", companions });
  expect(models.differingTokens()).toMatch(/^The tokenizers of ledger and bare differ/);
});

it("compares runs of either model by name", async () => {
  const engine = createEngine({
    openDevice: async () => ({ device: await createCpuDevice(), reason: "" }),
    openSae: async () => [],
    openFiles: async ({ name }) => sets.get(name) ?? [],
  });
  await engine.loadModel(LEDGER, "auto", "main");
  const ask = (model?: ModelSlot) =>
    engine.compare(
      { base: { tokens: TOKENS }, other: { tokens: TOKENS, ...(model && { model }) }, k: 3 },
      "c",
    );
  await expect(ask("other")).rejects.toThrow("No second model is open");
  await engine.loadOtherModel(POSTHOC, "auto", "other");
  expect([...(await ask()).kl]).toEqual([0, 0, 0, 0]);
  const apart = await ask("other");
  expect(apart.klAbsent).toBeUndefined();
  expect(apart.kl.every((value) => value > 0)).toBe(true);
  // The same text in the other order of models: what was left is right.
  const turned = await engine.compare(
    { base: { tokens: TOKENS, model: "other" }, other: { tokens: TOKENS }, k: 3 },
    "c",
  );
  expect(turned.base).toEqual(apart.other);
});

it("has both models again after the device was lost", async () => {
  const devices: Device[] = [];
  const engine = createEngine({
    openSae: async () => [],
    async openDevice() {
      const device = await createCpuDevice();
      devices.push(device);
      return { device, reason: "" };
    },
    openFiles: async ({ name }) => sets.get(name) ?? [],
  });
  await engine.loadModel(LEDGER, "auto", "main");
  await engine.loadOtherModel(POSTHOC, "auto", "other");
  const ask = () =>
    engine.compare({ base: { tokens: TOKENS }, other: { tokens: TOKENS, model: "other" }, k: 1 }, "c");
  const before = await ask();
  const restored = new Promise<void>((resolve) => {
    void engine.subscribe(({ type }) => {
      if (type === "deviceRestored") resolve();
    });
  });
  devices[0]?.destroy();
  await restored;
  expect(devices).toHaveLength(2);
  expect(await ask()).toEqual(before);
});

it("says where a model's rotary positions change with the length of the text", async () => {
  const folder = join(import.meta.dirname, "../models/golden/phi3");
  const files = (await filesFromFolder(folder)).filter(({ name }) => !name.startsWith("golden"));
  sets.set("phi3", files);
  const { load } = await start();
  const info = await load("other", { kind: "embedded", name: "phi3" });
  expect(info).toMatchObject({ architecture: "phi3", nCtx: 512 });
  expect(info.notes.join(" ")).toMatch(/more than 16 tokens use other rotary positions \(LongRoPE\)/);
});
