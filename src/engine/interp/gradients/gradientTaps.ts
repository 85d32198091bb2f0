/**
 * The taps of a part of the model that runs again for its gradients: edits are carried out as in any pass, and what passes a
 * wanted site is watched by the tape and remembered, so that its cotangent is read at the same tap as its value. Behind a cut
 * goes a copy that the tape knows nothing of, unless a skip path leads there.
 */
import type { Site } from "../../../protocol/sites";
import type { Tape } from "../../autodiff/tape";
import type { Tensor, TensorMemory } from "../../device/tensor";
import type { Taps } from "../../models/architecture";
import { scale } from "../../ops/elementwise";
import { linearBackward } from "../../ops/linear";
import type { RunTaps } from "../edits/runTaps";
import type { CutSites } from "./cutSites";

/** What passed a site, and which of its columns are the site's. */
export interface PassedTensor {
  readonly tensor: Tensor;
  readonly offset: number;
  readonly width: number;
}

export interface TappedSites {
  /** Its cotangent is wanted. */
  readonly wanted: ReadonlySet<Site>;
  /** A scalar is read there. */
  readonly read: ReadonlySet<Site>;
  readonly cuts: CutSites;
}

export class GradientTaps implements Taps {
  /** At wanted sites; behind a cut. */
  readonly passed = new Map<Site, PassedTensor>();
  /** At sites that scalars are read at; before a cut. */
  readonly read = new Map<Site, PassedTensor>();
  /** What skip paths begin with. */
  readonly #begins = new Map<Site, Tensor>();
  readonly #skipped: ReadonlySet<Site>;

  constructor(
    private readonly memory: TensorMemory,
    private readonly inner: RunTaps,
    private readonly tape: Tape,
    private readonly sites: TappedSites,
  ) {
    this.#skipped = new Set([...sites.cuts.values()].flatMap((skip) => (skip ? [skip.from] : [])));
  }

  wants(site: Site): boolean {
    const { wanted, read, cuts } = this.sites;
    return [wanted, read, cuts, this.#skipped].some((some) => some.has(site)) || this.inner.wants(site);
  }

  edits(site: Site): boolean {
    return this.inner.edits(site);
  }

  tap(site: Site, tensor: Tensor): Tensor {
    return this.columns(site, tensor, 0, tensor.size / (tensor.shape[0] ?? 1));
  }

  columns(site: Site, tensor: Tensor, offset: number, width: number): Tensor {
    const { wanted, read, cuts } = this.sites;
    const before = this.inner.columns(site, tensor, offset, width);
    if (read.has(site)) this.read.set(site, { tensor: before, offset, width });
    const passed = cuts.has(site) ? this.#cut(site, before) : before;
    if (this.#skipped.has(site)) this.#begins.set(site, passed);
    if (wanted.has(site)) {
      this.tape.watch(passed);
      this.passed.set(site, { tensor: passed, offset, width });
    }
    return passed;
  }

  #cut(site: Site, tensor: Tensor): Tensor {
    const { memory } = this;
    const copy = memory.untaped(() => scale(memory, tensor, 1));
    const skip = this.sites.cuts.get(site);
    if (!skip) return copy;
    const from = this.#begins.get(skip.from);
    if (!from) throw new Error(`${skip.from} does not come before ${site}`);
    this.tape.record(copy, [from], (dy) => [linearBackward(memory, dy, skip.weights)]);
    return copy;
  }
}
