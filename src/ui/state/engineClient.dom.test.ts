/** The client against a worker made of two ports: late news is dropped, and a dead worker keeps nobody waiting. */
import { expose } from "comlink";
import { afterEach, expect, it, vi } from "vitest";
import type { EngineApi } from "../../protocol/api";
import type { Progress } from "../../protocol/progress";
import { VitrineError } from "../../protocol/errors";
import { createEngineClient } from "./engineClient.svelte";

const open: MessagePort[] = [];
afterEach(() => open.splice(0).forEach((port) => port.close()));

/** A worker that exposes `api`; `die()` makes it fail as a whole. */
function fakeWorker(api: Partial<EngineApi>) {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  expose(api, port2);
  port1.start();
  const worker = Object.assign(port1, { terminate: vi.fn(), onerror: null }) as unknown as Worker;
  const die = () => worker.onerror?.(new ErrorEvent("error", { cancelable: true }));
  return { worker, die };
}

it("passes callbacks while a call runs, and drops those that come after its answer", async () => {
  let later: ((progress: Progress) => void) | undefined;
  const { worker } = fakeWorker({
    checkKernels: async (_, onProgress) => {
      await onProgress?.({ done: 1, total: 2, note: "in time" });
      later = onProgress;
      return [];
    },
  });
  const { engine } = createEngineClient(() => worker);
  const notes: string[] = [];
  expect(await engine.checkKernels("x", ({ note }) => notes.push(note))).toEqual([]);
  await later?.({ done: 2, total: 2, note: "too late" });
  expect(notes).toEqual(["in time"]);
});

it("keeps a subscription's listener", async () => {
  const listeners: Parameters<EngineApi["subscribe"]>[0][] = [];
  const { worker } = fakeWorker({ subscribe: async (listener) => void listeners.push(listener) });
  const { engine } = createEngineClient(() => worker);
  const heard: string[] = [];
  await engine.subscribe(({ type }) => heard.push(type));
  for (const listener of listeners) await listener({ type: "deviceLost", message: "gone" });
  expect(heard).toEqual(["deviceLost"]);
});

it("keeps the name of an engine error", async () => {
  const { worker } = fakeWorker({
    model: async () => {
      throw new VitrineError("BadFile", "config.json: not JSON");
    },
  });
  const { engine } = createEngineClient(() => worker);
  await expect(engine.model()).rejects.toMatchObject({ name: "BadFile", message: "config.json: not JSON" });
});

it("starts another worker when one dies, and lets go of what waited for the first", async () => {
  const first = fakeWorker({ model: () => new Promise(() => undefined) });
  const second = fakeWorker({ model: async () => undefined });
  const workers = [first.worker, second.worker];
  const { engine, onRestart } = createEngineClient(() => workers.shift()!);
  const restarted = vi.fn();
  onRestart(restarted);
  const waiting = engine.model();
  first.die();
  await expect(waiting).rejects.toMatchObject({ name: "Cancelled" });
  expect(restarted).toHaveBeenCalledOnce();
  expect(first.worker.terminate).toHaveBeenCalledOnce();
  expect(await engine.model()).toBeUndefined();
});

it("sends files under their paths, whatever else of them a copy loses", async () => {
  // A browser's copy of a file keeps its bytes and its name.
  const copy = (file: unknown) => (file instanceof File ? new File([file], file.name) : file);
  vi.stubGlobal("structuredClone", copy);
  const { worker } = fakeWorker({ sortFiles: async () => ({ saes: [], lenses: [], hasModel: true }) });
  const sent: { name: string; argumentList?: { value: unknown }[] }[] = [];
  worker.postMessage = (message: (typeof sent)[number]) => void sent.push(message);
  const files = ["m/saes/l0/cfg.json", "m/saes/l1/cfg.json", ""].map((value) =>
    Object.defineProperty(new File([value], "cfg.json"), "webkitRelativePath", { value }),
  );
  const { engine } = createEngineClient(() => worker);
  void engine.sortFiles(files);
  void engine.loadModel({ kind: "files", name: "m", files, companions: files.slice(0, 1) }, "auto", "x");
  const values = sent.map(({ argumentList }) => argumentList?.[0]?.value);
  const named = ["m/saes/l0/cfg.json", "m/saes/l1/cfg.json", "cfg.json"].map((name) => ({ name }));
  expect(values[0]).toMatchObject(named);
  expect(values[1]).toMatchObject({ name: "m", files: named, companions: named.slice(0, 1) });
  expect(await (values[0] as File[])[0]?.text()).toBe("m/saes/l0/cfg.json");
  vi.unstubAllGlobals();
});
