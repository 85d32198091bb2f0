/**
 * The errors that cross from the engine to the page. They cross by `name` only (a structured clone drops the
 * class), so both sides speak of names; each message is one sentence that a page can show as it is: what is
 * wrong, with the value, then what to do.
 */

export const VITRINE_ERROR_NAMES = [
  "NoWebGpu",
  "DeviceLost",
  "OutOfMemory",
  "BadFile",
  "BadLink",
  "Unsupported",
  /** The files do not say all that is needed: `missingFields` and `missingSaeFields` tell what to ask. */
  "MissingFields",
  "Cancelled",
] as const;

export type VitrineErrorName = (typeof VITRINE_ERROR_NAMES)[number];

export class VitrineError extends Error {
  constructor(name: VitrineErrorName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}

/** Says no to what was asked. */
export function refuse(message: string): never {
  throw new VitrineError("Unsupported", message);
}

/** True for an error of that name, from either side of the worker boundary. */
export function isVitrineError(error: unknown, name: VitrineErrorName): error is Error {
  return error instanceof Error && error.name === name;
}

/** What an error says; anything may be thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
