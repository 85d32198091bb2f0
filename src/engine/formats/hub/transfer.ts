/**
 * Fetches one file over a network that may fail: bytes arrive in order from the start; where the connection
 * breaks or stalls it is taken up again at the same byte if the host serves ranges (RFC 9110, section 14), and
 * from the start if it does not.
 */
import { VitrineError } from "../../../protocol/errors";
import { answer, hostOf, inTime, Passing, persist, refused, type Network } from "./network";
import type { ReceivedBytes } from "./receivedBytes";

/** More than any page can hold. */
export const MAX_FILE_BYTES = 16 * 2 ** 30;

/** Ranges in a row that went unanswered by a host that answers, after which it is asked for none. */
const BLOCKED_RANGES = 3;

export class Transfer {
  readonly received: ReceivedBytes;
  /** Why another try is under way, while one is. */
  trouble: string | undefined;
  #isRunning = false;
  /** How often in a row a range was not answered by a host that answers. */
  #blockedRanges = 0;
  #failure: unknown;
  /** The size that was given out before the end was seen. */
  #promised: number | undefined;
  #wake: (() => void)[] = [];

  constructor(
    readonly url: string,
    received: ReceivedBytes,
    private readonly network: Network,
    /** Called whenever something has arrived, or has failed to. */
    private readonly onNews: () => void = () => undefined,
  ) {
    this.received = received;
  }

  /** What goes wrong is thrown to whoever waits for bytes. */
  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#run().then(
      () => this.#tell(),
      (error: unknown) => {
        this.#failure = error;
        this.#tell();
      },
    );
  }

  async whole(): Promise<Uint8Array<ArrayBuffer>> {
    await this.#until(() => this.received.isComplete);
    return this.received.slice(0, this.received.size);
  }

  /** The file's size: as announced, or when all of it is here. */
  async size(): Promise<number> {
    const known = () => this.received.total ?? this.received.announced;
    await this.#until(() => known() !== undefined);
    return (this.#promised = known() ?? 0);
  }

  /** Waits until the bytes are here. */
  async slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    await this.#until(() => this.received.size >= end || this.received.isComplete);
    return this.received.slice(start, end);
  }

  async #until(isTrue: () => boolean): Promise<void> {
    if (isTrue()) return;
    this.#start();
    while (!isTrue()) {
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  #tell(): void {
    this.onNews();
    this.#wake.splice(0).forEach((wake) => wake());
  }

  async #run(): Promise<void> {
    const { received } = this;
    await persist(
      this.network,
      (signal) => this.#attempt(signal),
      () => received.size,
      (trouble) => {
        this.trouble = trouble;
        this.#tell();
      },
    );
    this.trouble = undefined;
    if (this.#promised !== undefined && received.size !== this.#promised) throw this.#unlike(this.#promised);
    received.complete();
  }

  get #hasAll(): boolean {
    return this.received.size === this.received.total;
  }

  /** One connection: from where the last one ended to the end of the file. */
  async #attempt(signal: AbortSignal): Promise<void> {
    if (this.#hasAll) return;
    const { received, url, network } = this;
    const from = received.size;
    const headers: HeadersInit = from > 0 ? { range: `bytes=${from}-` } : {};
    const response = await answer(url, network, { headers, signal }).catch(async (error: unknown) => {
      if (from === 0 || !(error instanceof Passing)) throw error;
      await this.#doubtRanges(signal);
      throw this.#brokeOff(error);
    });
    this.#blockedRanges = 0;
    if (response.status === 416) {
      received.clear();
      throw new Passing(`${received.name} is shorter at ${hostOf(url)} than it was; open it again.`);
    }
    if (!response.ok) throw refused(response, url, received.name);
    this.#begin(response, from);
    await this.#read(response, signal);
    if (received.total !== undefined && !this.#hasAll) throw this.#brokeOff();
  }

  /**
   * Some browsers must ask first whether they may send a range, and some hosts then refuse, which looks like a
   * dead connection. A host that answers to anything else gets to send the whole file again.
   */
  async #doubtRanges(signal: AbortSignal): Promise<void> {
    const isThere = await answer(this.url, this.network, { method: "HEAD", signal }).then(
      () => true,
      () => false,
    );
    this.#blockedRanges = isThere ? this.#blockedRanges + 1 : 0;
    if (this.#blockedRanges >= BLOCKED_RANGES) this.received.clear();
  }

  /** Notes size and version; begins again where the host begins again, and gives up on another version. */
  #begin({ status, headers }: Response, from: number): void {
    const { received, url } = this;
    const etag = headers.get("etag") ?? undefined;
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("content-range") ?? "") ?? [];
    const differs = (before: unknown, now: unknown) =>
      from > 0 && before !== undefined && now !== undefined && before !== now;
    if (differs(received.etag, etag) || differs(received.total, total && Number(total))) {
      received.isStale = true;
      throw new VitrineError(
        "BadFile",
        `${received.name} was changed at ${hostOf(url)} while it was fetched; open it again.`,
      );
    }
    received.etag ??= etag;
    // The range is hidden where the host does not expose it; then it is the one that was asked for.
    const goesOn = status === 206 && (start === undefined || Number(start) === from);
    if (!goesOn) received.clear();
    if (status === 206 && !goesOn)
      throw new Passing(`${hostOf(url)} sent another part of ${received.name} than was asked for.`);
    const length = status === 200 ? Number(headers.get("content-length")) : 0;
    if (length > 0) received.announced ??= length;
  }

  async #read(response: Response, signal: AbortSignal): Promise<void> {
    const { received, network } = this;
    const reader = response.body?.getReader();
    if (!reader) return;
    try {
      for (;;) {
        const next = await inTime(reader.read(), this.url, network);
        // Once this is given up, somebody else may be adding to the same bytes.
        signal.throwIfAborted();
        if (next.done) return;
        this.trouble = undefined;
        received.append(next.value);
        if (received.size > (received.total ?? MAX_FILE_BYTES)) throw this.#unlike(received.total);
        this.#tell();
      }
    } catch (error) {
      if (error instanceof Passing || error instanceof VitrineError) throw error;
      // A connection that fails after the last byte has done its work.
      if (!this.#hasAll) throw this.#brokeOff(error);
    } finally {
      // Lets go of a connection that was left; one that has ended does not mind.
      void reader.cancel().catch(() => undefined);
    }
  }

  #unlike(expected: number | undefined): VitrineError {
    const { name, size } = this.received;
    this.received.isStale = true;
    const than = expected === undefined ? `the ${MAX_FILE_BYTES} that a page can hold` : expected;
    return new VitrineError(
      "BadFile",
      `${hostOf(this.url)} sent ${size} bytes of ${name} instead of ${than}: download the file and drop it in.`,
    );
  }

  #brokeOff(cause?: unknown): Passing {
    const { size, total, name } = this.received;
    const of = total === undefined ? "" : ` of ${total}`;
    const message = `The connection to ${hostOf(this.url)} broke off after ${size}${of} bytes of ${name}: check it and open the model again; what has arrived is kept until then.`;
    return new Passing(message, { cause });
  }
}
