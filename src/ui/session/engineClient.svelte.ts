/**
 * The engine as the page sees it: an ordinary object with the flat API. This is the only UI file that knows a
 * worker exists. It wraps callbacks, takes state out of Svelte's proxies, and starts another worker if one dies.
 */
import { proxy, wrap, type Remote } from "comlink";
import type { EngineApi } from "../../protocol/api";

export interface EngineClient {
  readonly engine: EngineApi;
  /** Calls back when the worker died and another took its place. */
  onRestart(listener: () => void): void;
}

export function createEngineClient(): EngineClient {
  const listeners: (() => void)[] = [];
  let remote = start();

  function start(): Remote<EngineApi> {
    const worker = new Worker(new URL("../../../workers/engine.worker.ts", import.meta.url), {
      type: "module",
      name: "engine",
    });
    worker.onerror = (event) => {
      // A script error inside a call rejects that call; this is the worker itself failing.
      event.preventDefault();
      worker.terminate();
      remote = start();
      listeners.forEach((listener) => listener());
    };
    return wrap<EngineApi>(worker);
  }

  /** Callbacks cross as proxies, everything else as plain data. */
  const crossing = (argument: unknown) =>
    typeof argument === "function" ? proxy(argument) : $state.snapshot(argument);

  const engine = new Proxy({} as EngineApi, {
    get: (_, name) => {
      // The engine is handed around; it must not look like a promise.
      if (typeof name !== "string" || name === "then") return undefined;
      return (...args: unknown[]) => {
        const method = Reflect.get(remote, name) as unknown as (...args: unknown[]) => Promise<unknown>;
        return method(...args.map(crossing));
      };
    },
  });
  return { engine, onRestart: (listener) => void listeners.push(listener) };
}
