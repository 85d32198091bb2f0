/**
 * Frozen sites of a pass: their values are those of the same rows without any edit.
 *
 *   1. the rows are computed twice, first without edits, in contexts of their own that hold no edit either
 *   2. frozen sites of that pass are kept on the device, and stand in the place of what the edited pass computes there
 *
 * Both passes have the same tokens at the same positions, so their tensors have one layout.
 */
import type { Site } from "../../../protocol/sites";
import type { Tensor } from "../../device/tensor";
import type { Model } from "../../models/model";
import type { KeyValueCache } from "../../ops/keyValueCache";
import { EMPTY_CONTEXT, type RowContext, type Segment } from "../batch/rowContext";
import { HEAD_SITES } from "./passEdits";
import { preparePass, recordHead, type PreparedPass, type SentPass } from "./preparePass";
import { RunTaps } from "./runTaps";

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
  readonly #pass: PreparedPass;
  readonly #kept: RunTaps[] = [];
  #sent: SentPass | undefined;
  #residual: Tensor | undefined;

  constructor(
    private readonly model: Model,
    cache: KeyValueCache,
    segments: readonly Segment[],
    private readonly sites: ReadonlySet<Site>,
  ) {
    const rows = segments.map(({ context, tokens, hidden, unedited }) => ({
      context: context.unedited ?? EMPTY_CONTEXT,
      tokens: unedited?.tokens ?? tokens,
      ...(hidden && { hidden }),
      ...(unedited?.interventions && { interventions: unedited.interventions }),
    }));
    this.#pass = preparePass(model, cache, rows);
  }

  /** Slots of each row's tokens. */
  get slots(): readonly (readonly number[])[] {
    return this.#pass.packed.slots;
  }

  /** The context of a row after the first `count` of its tokens. */
  context(segment: number, count?: number): RowContext {
    return this.#pass.contextAfter(segment, count);
  }

  /** Sends what the pass needs, before anything is recorded. */
  send(): void {
    this.#sent = this.#pass.send();
  }

  /** Records the blocks; the frozen sites of the pass. */
  blocks(): ReadonlyMap<Site, Tensor> {
    if (!this.#sent) throw new Error("the rows without edits were not sent");
    const { residual, taps } = this.#sent.blocks(this.#frozen((site) => !HEAD_SITES.has(site)));
    this.#residual = residual;
    this.#kept.push(taps);
    return taps.bySite();
  }

  /** Records the head on some rows; all of them if left out. */
  head(rows?: Tensor): ReadonlyMap<Site, Tensor> {
    const frozen = this.#frozen((site) => HEAD_SITES.has(site));
    if (frozen.size === 0 || !this.#residual) return new Map();
    const taps = new RunTaps(frozen, this.model.memory);
    recordHead(this.model, this.#residual, taps, rows);
    this.#kept.push(taps);
    return taps.bySite();
  }

  #frozen(has: (site: Site) => boolean): ReadonlySet<Site> {
    return new Set([...this.sites].filter(has));
  }

  /** Frees the frozen sites, but for those that the pass itself captured. */
  release(captured: ReadonlySet<Tensor>): void {
    for (const tensor of this.#kept.flatMap(({ tensors }) => tensors)) {
      if (!captured.has(tensor)) this.model.memory.release(tensor);
    }
  }
}
