/**
 * Frozen sites of a pass: their values are those of the same rows without any edit.
 *
 *   1. the rows are computed twice, first without edits, in contexts of their own that hold no edit either
 *   2. frozen sites of that pass are kept on the device, and stand in the place of what the edited pass computes there
 *
 * Both passes have the same tokens at the same positions, so their tensors have one layout.
 */
import { runBlocks } from "../../models/runBlocks";
import type { Site } from "../../../protocol/sites";
import type { Tensor } from "../../device/tensor";
import type { Model } from "../../models/model";
import { gatherRows } from "../../ops/embedding";
import type { KeyValueCache } from "../../ops/keyValueCache";
import { HEAD_SITES, uploadPassEdits, type PassEdits } from "./passEdits";
import { contextAfter, EMPTY_CONTEXT, extend, type RowContext, type Segment } from "../batch/rowContext";
import { RunTaps } from "./runTaps";
import { packBatch, uploadBatch, type PackedBatch } from "../batch/tokenBatch";
import type { TokenBatch } from "../../models/architecture";

/** The rows without edits; undefined where nothing is frozen. */
export function uneditedRows(
  model: Model,
  cache: KeyValueCache,
  segments: readonly Segment[],
): UneditedRows | undefined {
  const [first] = segments;
  const sites = first?.frozen ?? new Set<Site>();
  if (sites.size === 0) return undefined;
  const isSame = (other: ReadonlySet<Site> = new Set()) =>
    other.size === sites.size && [...other].every((site) => sites.has(site));
  if (!segments.every(({ frozen }) => isSame(frozen)))
    throw new Error("rows of one pass freeze different sites");
  return new UneditedRows(model, cache, segments, sites);
}

export class UneditedRows {
  readonly packed: PackedBatch;
  readonly #segments: readonly Segment[];
  readonly #kept: RunTaps[] = [];
  #batch: TokenBatch | undefined;
  #edits: PassEdits | undefined;
  #residual: Tensor | undefined;

  constructor(
    private readonly model: Model,
    cache: KeyValueCache,
    segments: readonly Segment[],
    private readonly sites: ReadonlySet<Site>,
  ) {
    this.#segments = segments.map(({ context, tokens, hidden, unedited }) => ({
      context: context.unedited ?? EMPTY_CONTEXT,
      tokens: unedited?.tokens ?? tokens,
      ...(hidden && { hidden }),
      ...(unedited?.interventions && { interventions: unedited.interventions }),
    }));
    this.packed = packBatch(this.#segments, cache, model.config);
  }

  /** The context of a row after the first `count` of its tokens. */
  context(segment: number, count?: number): RowContext {
    const own = this.#segments[segment];
    return own ? contextAfter(own, this.packed.slots[segment] ?? [], count) : EMPTY_CONTEXT;
  }

  /** Sends what the pass needs, before anything is recorded. */
  upload(cache: KeyValueCache): void {
    const { config, memory } = this.model;
    this.#batch = uploadBatch(this.packed, cache, memory, config.nCtx);
    const contexts = this.#segments.map((segment, i) => extend(segment, this.packed.slots[i] ?? []));
    this.#edits = uploadPassEdits(this.model, this.#segments, this.packed, contexts);
  }

  /** Records the blocks; the frozen sites of the pass. */
  blocks(): ReadonlyMap<Site, Tensor> {
    const { architecture, config, weights, memory } = this.model;
    if (!this.#batch || !this.#edits) throw new Error("the rows without edits were not sent");
    const taps = this.#taps((site) => !HEAD_SITES.has(site), this.#edits.blocks);
    this.#residual = runBlocks(architecture, { config, weights, memory, taps }, this.#batch);
    taps.releaseInputs();
    return taps.bySite();
  }

  /** Records the head on some rows; all of them if left out. */
  head(rows?: Tensor): ReadonlyMap<Site, Tensor> {
    const { architecture, config, weights, memory } = this.model;
    const isFrozen = [...this.sites].some((site) => HEAD_SITES.has(site));
    if (!isFrozen || !this.#residual) return new Map();
    const taps = this.#taps((site) => HEAD_SITES.has(site), new Map());
    const scored = rows ? gatherRows(memory, this.#residual, rows) : this.#residual;
    architecture.head({ config, weights, memory, taps }, scored);
    return taps.bySite();
  }

  #taps(has: (site: Site) => boolean, edits: PassEdits["blocks"]): RunTaps {
    const taps = new RunTaps(new Set([...this.sites].filter(has)), this.model.memory, edits);
    this.#kept.push(taps);
    return taps;
  }

  release(): void {
    for (const { tensors } of this.#kept) for (const tensor of tensors) this.model.memory.release(tensor);
  }
}
