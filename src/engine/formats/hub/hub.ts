/**
 * Opens a model from the Hugging Face Hub or any other host, over HTTP:
 *
 * 1. List the files: by the Hub's API, or by asking for the usual names where a host cannot list.
 * 2. Choose one copy of the weights and what completes it (`modelParts.ts`).
 * 3. Fetch the small files whole. Weights begin to arrive when they are first read, so that a model that cannot
 *    be opened is refused after its header.
 *
 * What has arrived of the latest address is held, so that opening it again goes on where a broken connection
 * ended.
 */
import type { HubSource } from "../../../protocol/api";
import type { Progress } from "../../../protocol/progress";
import { VitrineError } from "../../../protocol/errors";
import { parseModelAddress, placeOfAddress, type ModelAddress } from "../../../protocol/modelAddress";
import { isThere, listFiles, urlOf, type Listing } from "./hubListing";
import { isJsonObject, parseJson } from "../bytes/json";
import { chooseParts, isIndex } from "../modelParts";
import { hostOf, request, type Network } from "./network";
import { ReceivedBytes } from "./receivedBytes";
import { fileFromBytes, type ByteFile, type FileSet } from "../bytes/source";
import { Transfer } from "./transfer";

export type NetworkSettings = Omit<Network, "signal">;
type OnProgress = (progress: Progress) => void;

const SETTINGS: NetworkSettings = { stallMs: 30_000, backOffMs: 500, tries: 7 };
const MAX_WEIGHT_BYTES = 8 * 2 ** 30;
const MAX_SHARDS = 64;
const PROGRESS_EVERY_MS = 100;

interface Held {
  /** Where it is, for people. */
  readonly place: string;
  readonly listing: Listing;
  readonly files: Map<string, ReceivedBytes>;
}

export class Hub {
  #held: Held | undefined;

  constructor(private readonly settings: NetworkSettings = SETTINGS) {}

  /** The files of one model. They arrive until `signal` is aborted; an error says what to do. */
  async open(source: HubSource, signal: AbortSignal, onProgress?: OnProgress): Promise<FileSet> {
    const address = parseModelAddress(source.address, source.hubUrl);
    const place = placeOfAddress(address);
    const network = { ...this.settings, signal };
    onProgress?.({ done: 0, total: 0, note: `asking ${hostOf(urlOf(address, ""))}` });
    const isStale = [...(this.#held?.files.values() ?? [])].some((received) => received.isStale);
    if (this.#held?.place !== place || isStale)
      this.#held = { place, listing: await listFiles(address, network), files: new Map() };
    const visit = new Visit(address, this.#held, network, onProgress);
    const { weights, companions } = chooseParts([...this.#held.listing.keys()], place);
    const small = await Promise.all(companions.map((name) => visit.whole(name)));
    const files = isIndex(weights) ? await visit.shards(weights) : [await visit.weights(weights)];
    const sizeBytes = files.reduce((sum, { size }) => sum + size, 0);
    if (sizeBytes > MAX_WEIGHT_BYTES) {
      throw new VitrineError(
        "OutOfMemory",
        `${place} has ${(sizeBytes / 2 ** 30).toFixed(1)} GiB of weights, more than the ${MAX_WEIGHT_BYTES / 2 ** 30} GiB that a page can hold: open a smaller model.`,
      );
    }
    const found = [...small, ...files];
    const { tokenizerFrom } = source;
    const isWhole = tokenizerFrom === undefined || companions.includes("tokenizer.json");
    return isWhole ? found : [...found, ...(await tokenizerOf(tokenizerFrom, source.hubUrl, network))];
  }

  /** Lets go of what has arrived. */
  forget(): void {
    this.#held = undefined;
  }
}

/** The files of one place, as they arrive, with progress over all of them. */
class Visit {
  readonly #transfers: Transfer[] = [];
  #telling: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly address: ModelAddress,
    private readonly held: Held,
    private readonly network: Network,
    private readonly onProgress: OnProgress | undefined,
  ) {}

  async whole(name: string): Promise<ByteFile> {
    return fileFromBytes(name, await this.#transfer(name).whole());
  }

  async weights(name: string): Promise<ByteFile> {
    const transfer = this.#transfer(name);
    const size = await transfer.size();
    return {
      name,
      size,
      get isArriving() {
        return !transfer.received.isComplete;
      },
      slice: (start, end) => transfer.slice(start, end),
    };
  }

  /** The index, and every shard that it names. */
  async shards(index: string): Promise<ByteFile[]> {
    const indexFile = await this.whole(index);
    const { weight_map: map } = parseJson(await indexFile.slice(0, indexFile.size), index);
    const names = isJsonObject(map) ? [...new Set(Object.values(map).map(String))].sort() : [];
    const odd = names.find((name) => !/^\w[\w.-]*$/.test(name));
    if (names.length === 0 || names.length > MAX_SHARDS || odd !== undefined) {
      const found = odd === undefined ? `${names.length} shards` : `the shard “${odd.slice(0, 80)}”`;
      throw new VitrineError(
        "BadFile",
        `${index} names ${found}, expected 1 to ${MAX_SHARDS} files beside it; open another model.`,
      );
    }
    return [indexFile, ...(await Promise.all(names.map((name) => this.weights(name))))];
  }

  #transfer(name: string): Transfer {
    const received = this.held.files.get(name) ?? new ReceivedBytes(name);
    received.total ??= this.held.listing.get(name);
    this.held.files.set(name, received);
    const transfer = new Transfer(urlOf(this.address, name), received, this.network, () => this.#onNews());
    this.#transfers.push(transfer);
    return transfer;
  }

  /** News comes with every piece of every file: it is told now and then; trouble and the end, at once. */
  #onNews(): void {
    const isOver = this.#transfers.every(({ received }) => received.isComplete);
    const isTroubled = this.#transfers.some(({ trouble }) => trouble !== undefined);
    this.#telling ??= setTimeout(() => this.#tell(), PROGRESS_EVERY_MS);
    if (isOver || isTroubled) this.#tell();
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    if (this.network.signal.aborted) return;
    const arriving = this.#transfers.filter(({ received }) => !received.isComplete);
    const trouble = arriving.find((transfer) => transfer.trouble !== undefined);
    const sum = (pick: (received: ReceivedBytes) => number) =>
      this.#transfers.reduce((total, { received }) => total + pick(received), 0);
    const name = (trouble ?? arriving[0] ?? this.#transfers.at(-1))?.received.name ?? "";
    this.onProgress?.({
      done: sum(({ size }) => size),
      total: sum(({ size, total, announced }) => total ?? announced ?? size),
      note: trouble ? `the connection broke; taking up ${name} again` : `fetching ${name}`,
    });
  }
}

/** The tokenizer of another repository, for one that has none of its own; nothing if it has none either. */
async function tokenizerOf(id: string, hubUrl: string | undefined, network: Network): Promise<FileSet> {
  const address = parseModelAddress(id, hubUrl);
  const names = ["tokenizer.json", "tokenizer_config.json"];
  const there = await Promise.all(names.map((name) => isThere(address, name, network)));
  return Promise.all(
    names
      .filter((_, i) => there[i])
      .map(async (name) => {
        const response = await request(urlOf(address, name), name, network);
        return fileFromBytes(name, new Uint8Array(await response.arrayBuffer()));
      }),
  );
}
