/**
 * The taps of a part of the model that runs again for its gradients: edits are carried out as in any pass, and what passes a
 * wanted site is watched by the tape and remembered, so that its cotangent is read at the same tap as its value.
 */
import type { Site } from "../../../protocol/sites";
import type { Tape } from "../../autodiff/tape";
import type { Tensor } from "../../device/tensor";
import type { Taps } from "../../models/architecture";
import type { RunTaps } from "../edits/runTaps";

/** What passed a site, and which of its columns are the site's. */
export interface PassedTensor {
  readonly tensor: Tensor;
  readonly offset: number;
  readonly width: number;
}

export class GradientTaps implements Taps {
  readonly passed = new Map<Site, PassedTensor>();

  constructor(
    private readonly inner: RunTaps,
    private readonly tape: Tape,
    /** Its cotangent is wanted. */
    private readonly wanted: ReadonlySet<Site>,
    /** A scalar is read there. */
    private readonly read: ReadonlySet<Site>,
  ) {}

  wants(site: Site): boolean {
    return this.wanted.has(site) || this.read.has(site) || this.inner.wants(site);
  }

  edits(site: Site): boolean {
    return this.inner.edits(site);
  }

  tap(site: Site, tensor: Tensor): Tensor {
    return this.columns(site, tensor, 0, tensor.size / (tensor.shape[0] ?? 1));
  }

  columns(site: Site, tensor: Tensor, offset: number, width: number): Tensor {
    const passed = this.inner.columns(site, tensor, offset, width);
    if (this.wanted.has(site)) this.tape.watch(passed);
    if (this.wanted.has(site) || this.read.has(site))
      this.passed.set(site, { tensor: passed, offset, width });
    return passed;
  }
}
