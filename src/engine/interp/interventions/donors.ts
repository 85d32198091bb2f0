/**
 * Activations of other prompts that edits take values from: captured once per prompt and site, kept while there is
 * room. Means over a set of prompts are kept likewise, under the set's tokens.
 */
import { VitrineError } from "../../../protocol/errors";
import type { NamedTokens, PromptSet } from "../../../protocol/interventions";
import type { Pauser } from "../../../protocol/cancel";
import type { RunRow } from "../../../protocol/run";
import type { Site } from "../../../protocol/sites";
import type { Model } from "../../models/model";
import { siteColumns, siteShape } from "../../models/siteShape";
import { run } from "../pass/runRows";

/** A site of one prompt: as wide as the site, one row a position. */
export interface SiteValues {
  /** f32 [positions, width]; scores and patterns: [query, head · keys]. */
  readonly data: Float32Array<ArrayBuffer>;
  readonly positions: number;
  readonly width: number;
}

/** What is kept at most for one model, in bytes. */
const MAX_KEPT_BYTES = 256 << 20;
/** Most that one capture may take: patterns grow with the square of the length. */
const MAX_CAPTURE_BYTES = 1 << 30;
/** Tokens of a set that go through the model at a time. */
const TOKENS_AT_ONCE = 1024;

class RecentModels {
  readonly #kept = new Map<string, SiteValues>();
  #bytes = 0;

  get(key: string): SiteValues | undefined {
    return this.#kept.get(key);
  }

  put(key: string, values: SiteValues): void {
    this.#kept.set(key, values);
    this.#bytes += values.data.byteLength;
    for (const [oldest, { data }] of this.#kept) {
      if (this.#bytes <= MAX_KEPT_BYTES || oldest === key) break;
      this.#kept.delete(oldest);
      this.#bytes -= data.byteLength;
    }
  }
}

const shelves = new WeakMap<Model, RecentModels>();

function shelfOf(model: Model): RecentModels {
  const shelf = shelves.get(model) ?? new RecentModels();
  shelves.set(model, shelf);
  return shelf;
}

/** [head, query, key] → [query, head · key]: one row a query. */
function byQuery(data: Float32Array, [heads = 0, queries = 0, keys = 0]: readonly number[]) {
  const rows = new Float32Array(data.length);
  for (let head = 0; head < heads; head++) {
    for (let query = 0; query < queries; query++) {
      const from = (head * queries + query) * keys;
      rows.set(data.subarray(from, from + keys), (query * heads + head) * keys);
    }
  }
  return rows;
}

/** Sites of one row, whatever is done to it. */
export async function rowValues(
  model: Model,
  row: RunRow,
  sites: readonly Site[],
): Promise<Map<Site, SiteValues>> {
  const { captures } = await run(model, { rows: [row], capture: sites });
  const positions = row.tokens.length;
  return new Map(
    captures.map(({ site, shape, data }) => {
      const isByKey = siteColumns(model.config, site).width === "keys";
      const rows = isByKey ? byQuery(data, shape) : Float32Array.from(data);
      return [site, { data: rows, positions, width: rows.length / positions }];
    }),
  );
}

/** Sites of one prompt without any edit. */
export async function siteValues(
  model: Model,
  prompt: readonly number[],
  sites: readonly Site[],
): Promise<Map<Site, SiteValues>> {
  const shelf = shelfOf(model);
  const key = (site: Site) => `${site}|${prompt.join(",")}`;
  const missing = sites.filter((site) => shelf.get(key(site)) === undefined);
  const found = new Map<Site, SiteValues>();
  if (missing.length > 0) {
    const bytes = missing.reduce(
      (sum, site) => sum + 4 * siteShape(model.config, site, prompt.length).reduce((a, b) => a * b, 1),
      0,
    );
    if (bytes > MAX_CAPTURE_BYTES) {
      throw new VitrineError(
        "OutOfMemory",
        `This edit needs ${(bytes / 2 ** 30).toFixed(1)} GiB of activations, at most ${MAX_CAPTURE_BYTES >> 30} GiB are held; name fewer layers or shorten the prompt.`,
      );
    }
    for (const [site, values] of await rowValues(model, { tokens: prompt }, missing)) {
      shelf.put(key(site), values);
      found.set(site, values);
    }
  }
  for (const site of sites) {
    const known = found.get(site) ?? shelf.get(key(site));
    if (known) found.set(site, known);
  }
  return found;
}

/** Prompts in batches that one run can take. */
function batches(prompts: readonly NamedTokens[]): (readonly number[])[][] {
  const result: (readonly number[])[][] = [];
  let tokens = Infinity;
  for (const { tokens: prompt } of prompts) {
    if (tokens + prompt.length > TOKENS_AT_ONCE) {
      result.push([]);
      tokens = 0;
    }
    result.at(-1)?.push(prompt);
    tokens += prompt.length;
  }
  return result;
}

/** The values of every position of a mean by position: one row for each position that any prompt reaches. */
export type MeanBy = "token" | "position";

/**
 * Mean of sites over every token of a set of prompts [1, width], or over the tokens at each position
 * [positions, width]. Sums in f64.
 */
export async function meanValues(
  model: Model,
  { name, prompts }: PromptSet,
  by: MeanBy,
  sites: readonly Site[],
  pauser: Pauser,
): Promise<Map<Site, SiteValues>> {
  if (prompts.every(({ tokens }) => tokens.length === 0)) {
    throw new VitrineError("Unsupported", `${name} has no tokens to take a mean over.`);
  }
  const keyed = sites.find((site) => siteColumns(model.config, site).width === "keys");
  if (keyed !== undefined) {
    throw new VitrineError(
      "Unsupported",
      `${keyed} has no mean: its keys differ from prompt to prompt. Zero, patch or freeze it.`,
    );
  }
  const shelf = shelfOf(model);
  const text = prompts.map(({ tokens }) => tokens.join(",")).join(";");
  const key = (site: Site) => `mean ${by}|${site}|${text}`;
  const missing = sites.filter((site) => shelf.get(key(site)) === undefined);
  const rows = by === "token" ? 1 : Math.max(...prompts.map(({ tokens }) => tokens.length));
  const sums = new Map<Site, Float64Array>();
  const counts = new Float64Array(rows);
  for (const batch of missing.length > 0 ? batches(prompts.filter(({ tokens }) => tokens.length > 0)) : []) {
    await pauser.pause();
    const { captures } = await run(model, { rows: batch.map((tokens) => ({ tokens })), capture: missing });
    for (const tokens of batch) {
      for (const [i] of tokens.entries()) {
        const row = by === "token" ? 0 : i;
        counts[row] = (counts[row] ?? 0) + 1;
      }
    }
    for (const { site, data, row } of captures) {
      const positions = batch[row]?.length ?? 1;
      const width = data.length / positions;
      const sum = sums.get(site) ?? new Float64Array(rows * width);
      sums.set(site, sum);
      for (let i = 0; i < data.length; i++) {
        const at = by === "token" ? i % width : i;
        sum[at] = (sum[at] ?? 0) + (data[i] ?? 0);
      }
    }
  }
  const found = new Map<Site, SiteValues>();
  for (const [site, sum] of sums) {
    const width = sum.length / rows;
    const data = Float32Array.from(sum, (value, i) => value / (counts[Math.floor(i / width)] ?? 1));
    const values = { data, positions: rows, width };
    shelf.put(key(site), values);
    found.set(site, values);
  }
  for (const site of sites) {
    const known = found.get(site) ?? shelf.get(key(site));
    if (known) found.set(site, known);
  }
  return found;
}
