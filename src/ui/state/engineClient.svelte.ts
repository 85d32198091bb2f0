/**
 * The engine as the page sees it: an ordinary object with the flat API. This is the only UI file that knows a
 * worker exists. It wraps callbacks, takes state out of Svelte's proxies, and starts another worker if one dies.
 */
import { proxy, wrap, type Remote } from "comlink";
import type { EngineApi } from "../../protocol/api";
import { VitrineError } from "../../protocol/errors";
import { withPathNames } from "../files/pathNames";

export interface EngineClient {
  readonly engine: EngineApi;
  /** Calls back when the worker died and another took its place. */
  onRestart(listener: () => void): void;
}

type Reject = (error: Error) => void;

const startWorker = () =>
  new Worker(new URL("../../../workers/engine.worker.ts", import.meta.url), {
    type: "module",
    name: "engine",
  });

export function createEngineClient(createWorker: () => Worker = startWorker): EngineClient {
  const listeners: (() => void)[] = [];
  /** Calls that the worker has not answered yet. */
  const waiting = new Set<Reject>();
  let remote = start();

  function start(): Remote<EngineApi> {
    const worker = createWorker();
    worker.onerror = (event) => {
      // A script error inside a call rejects that call; this is the worker itself failing.
      event.preventDefault();
      worker.terminate();
      remote = start();
      // Its answers will never come: nobody may wait for them.
      waiting.forEach((reject) => reject(new VitrineError("Cancelled", "The engine stopped.")));
      waiting.clear();
      listeners.forEach((listener) => listener());
    };
    return wrap<EngineApi>(worker);
  }

  async function call(name: string, args: readonly unknown[]): Promise<unknown> {
    // Callbacks travel on a channel of their own: one that arrives after the answer is news from the past.
    // A subscription is the exception: it is answered at once and listens from then on.
    let answered = false;
    const crossing = (argument: unknown) => {
      if (typeof argument !== "function") return $state.snapshot(withPathNames(argument));
      const listen = argument as (...news: unknown[]) => unknown;
      return proxy((...news: unknown[]) => (answered && name !== "subscribe" ? undefined : listen(...news)));
    };
    const method = Reflect.get(remote, name) as unknown as (...args: unknown[]) => Promise<unknown>;
    let reject: Reject = () => undefined;
    const death = new Promise<never>((_, rejectDeath) => {
      reject = rejectDeath;
      waiting.add(reject);
    });
    try {
      return await Promise.race([method(...args.map(crossing)), death]);
    } finally {
      answered = true;
      waiting.delete(reject);
    }
  }

  const engine = new Proxy({} as EngineApi, {
    get: (_, name) => {
      // The engine is handed around; it must not look like a promise.
      if (typeof name !== "string" || name === "then") return undefined;
      return (...args: unknown[]) => call(name, args);
    },
  });
  return { engine, onRestart: (listener) => void listeners.push(listener) };
}
