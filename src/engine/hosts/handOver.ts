/**
 * Hands the memory of results over to the page instead of copying it: a result belongs to its caller, so no call may keep
 * an array that it returns.
 */
import { transfer } from "comlink";
import type { EngineApi } from "../../protocol/api";

/**
 * The buffers in a value of plain objects, lists and typed arrays, each once: those of which an array in it is the
 * whole. A part of a larger buffer is copied, as somebody else may have the rest.
 */
export function transferables(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteLength } = value;
    const isWhole = buffer instanceof ArrayBuffer && byteLength > 0 && byteLength === buffer.byteLength;
    if (isWhole) found.add(buffer);
  } else if (Array.isArray(value)) {
    for (const item of value) if (typeof item === "object") transferables(item, found);
  } else if (isPlain(value)) {
    for (const item of Object.values(value)) transferables(item, found);
  }
  return [...found];
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** The same calls, whose results are handed over when they cross to the page. */
export function handingOver(engine: EngineApi): EngineApi {
  const calls: Record<string, (...asked: never[]) => Promise<unknown>> = { ...engine };
  const handed = Object.entries(calls).map(([name, call]) => [
    name,
    async (...asked: never[]) => {
      const result = await call(...asked);
      const buffers = transferables(result);
      return buffers.length > 0 ? transfer(result as object, buffers) : result;
    },
  ]);
  return Object.fromEntries(handed) as EngineApi;
}
