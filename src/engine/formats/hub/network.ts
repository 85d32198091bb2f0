/**
 * Requests over a network that may fail: each try is bounded in silence, a failure that may pass is tried again
 * with growing pauses, and what remains is one sentence with a cure.
 */
import { VitrineError } from "../../../protocol/errors";
import { HttpRefusal, mayPass } from "./httpRefusal";

export interface Network {
  readonly signal: AbortSignal;
  /** Silence after which a connection counts as dead. */
  readonly stallMs: number;
  /** Before the second try; doubled before each further one. */
  readonly backOffMs: number;
  /** Tries in a row that bring nothing new, after which it gives up. */
  readonly tries: number;
}

/** No cookies, no referrer, and no copy in the browser's own cache, where the visitor would not see it. */
const PRIVATE: RequestInit = { credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" };

/** A failure that another try may cure; its message is what is said if none does. */
export class Passing extends Error {}

const cancelled = () => new VitrineError("Cancelled", "Cancelled.");

/** Asks until there is an answer with a body; a refusal that will not pass is thrown at once. */
export async function request(
  url: string,
  what: string,
  network: Network,
  init: RequestInit = {},
): Promise<Response> {
  return persist(network, async (signal) => {
    const response = await answer(url, network, { ...init, signal });
    if (!response.ok) throw refused(response, url, what);
    return response;
  });
}

export const hostOf = (url: string) => new URL(url).host;

/** The error of an answer that is not ok, and lets go of it. */
export function refused(response: Response, url: string, what: string): Error {
  void response.body?.cancel();
  const refusal = new HttpRefusal(what, hostOf(url), response.status);
  return mayPass(response.status) ? new Passing(refusal.message) : refusal;
}

/** The answer, whatever its status; Passing if there is none. */
export async function answer(url: string, network: Network, init: RequestInit): Promise<Response> {
  try {
    return await inTime(fetch(url, { ...PRIVATE, ...init }), url, network);
  } catch (cause) {
    if (cause instanceof Passing) throw cause;
    const message = `${hostOf(url)} could not be reached: check the connection and the address. (A host that does not allow other pages to read its files looks the same: then download them and drop them here.)`;
    throw new Passing(message, { cause });
  }
}

/** The same promise, unless the host is silent for too long. */
export async function inTime<T>(promise: Promise<T>, url: string, { stallMs }: Network): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `${hostOf(url)} has sent nothing for ${stallMs / 1000} seconds: check the connection and open the model again.`;
      reject(new Passing(message));
    }, stallMs);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tries until it succeeds, something final is thrown, or `tries` in a row brought `progress` no further. */
export async function persist<T>(
  network: Network,
  attempt: (signal: AbortSignal) => Promise<T>,
  progress: () => number = () => 0,
  onTrouble: (message: string) => void = () => undefined,
): Promise<T> {
  let furthest = progress();
  let fruitless = 0;
  for (;;) {
    const connection = new AbortController();
    try {
      return await attempt(AbortSignal.any([network.signal, connection.signal]));
    } catch (error) {
      connection.abort();
      if (network.signal.aborted) throw cancelled();
      if (!(error instanceof Passing)) throw error;
      fruitless = progress() > furthest ? 1 : fruitless + 1;
      furthest = Math.max(furthest, progress());
      if (fruitless >= network.tries) throw new VitrineError("BadFile", error.message, { cause: error });
      onTrouble(error.message);
      await sleep(network.backOffMs * 2 ** (fruitless - 1), network.signal);
    }
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(cancelled());
      },
      { once: true },
    );
  });
}
