/**
 * The taps of a run that captures: a wanted activation is taken out of its scope, so that it outlives the
 * pass, and is read back with the scores. Nothing is copied and nothing extra is dispatched: kernels never
 * write in place, so a kept tensor stays what it was.
 */
import type { Site } from "../../protocol/sites";
import type { Tensor, TensorMemory } from "../device/tensor";
import type { Taps } from "../models/architecture";

export interface CapturedTensor {
  readonly site: Site;
  /** Index into `CaptureTaps.tensors`; q, k and v share one tensor. */
  readonly tensor: number;
  /** Its shape: [tokens, …]. */
  readonly shape: readonly number[];
  /** The columns that belong to the site. */
  readonly columns: { readonly offset: number; readonly width: number };
}

export class CaptureTaps implements Taps {
  readonly tensors: Tensor[] = [];
  readonly captured: CapturedTensor[] = [];

  constructor(
    private readonly wanted: ReadonlySet<Site>,
    private readonly memory: TensorMemory,
  ) {}

  wants(site: Site): boolean {
    return this.wanted.has(site);
  }

  tap(site: Site, tensor: Tensor): Tensor {
    this.columns(site, tensor, 0, tensor.size / (tensor.shape[0] ?? 1));
    return tensor;
  }

  columns(site: Site, tensor: Tensor, offset: number, width: number): void {
    if (!this.wanted.has(site)) return;
    let index = this.tensors.indexOf(tensor);
    if (index < 0) {
      index = this.tensors.push(this.memory.keep(tensor)) - 1;
    }
    this.captured.push({ site, tensor: index, shape: tensor.shape, columns: { offset, width } });
  }
}
