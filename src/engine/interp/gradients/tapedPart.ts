/** One part of a model (the head, a block, the embeddings) that runs again under a tape of its own, and the way back through it. */
import type { FrozenPart } from "../../../protocol/gradients/gradients";
import type { Site } from "../../../protocol/sites";
import { Cotangents, Tape, type WeightSums } from "../../autodiff/tape";
import type { Tensor, TensorMemory } from "../../device/tensor";
import type { Taps } from "../../models/architecture";
import { placed } from "../../ops/attentionPullbacks";
import { scale } from "../../ops/elementwise";
import { RunTaps, type SiteChanges } from "../edits/runTaps";
import type { CutSites } from "./cutSites";
import { GradientTaps, type PassedTensor } from "./gradientTaps";

/** A tensor at a site, kept on the device until it is read back. */
export interface SiteTensor {
  readonly site: Site;
  /** A cotangent [scalars * rows, …], or what passed the site [rows, …]. */
  readonly tensor: Tensor;
  /** The shape of what passed the site: [rows, …]. */
  readonly shape: readonly number[];
  readonly columns: { readonly offset: number; readonly width: number };
  /** The tokens of the batch that its rows are; undefined: all. */
  readonly tokens: readonly number[] | undefined;
}

/** A site that scalars are read at, with what they are read with. */
export interface Seed {
  readonly site: Site;
  /** f32 [scalars * rows, width of the site]. */
  readonly cotangent: Tensor;
  /** What its rows are: all tokens of the batch, or those of one chunk of the head. */
  readonly tokens: readonly number[] | undefined;
}

export interface PartRequest {
  readonly wanted: ReadonlySet<Site>;
  readonly weights: WeightSums;
  readonly frozen: ReadonlySet<FrozenPart>;
  readonly cuts: CutSites;
  readonly seeds: readonly Seed[];
  readonly edits: SiteChanges;
  readonly tokens: readonly number[] | undefined;
}

export class TapedPart {
  readonly tape: Tape;
  /** Cotangents of wanted sites, and what passed the sites that scalars are read at. */
  readonly found: SiteTensor[] = [];
  readonly read: SiteTensor[] = [];
  readonly #inner: RunTaps;
  readonly #taps: GradientTaps;
  readonly #seeds: readonly Seed[];

  constructor(
    private readonly memory: TensorMemory,
    private readonly request: PartRequest,
  ) {
    const { wanted, weights, frozen, cuts, seeds, edits, tokens } = request;
    this.#seeds = seeds.filter((seed) => seed.tokens === tokens);
    this.tape = new Tape(memory, frozen, weights);
    this.#inner = new RunTaps(new Set(), memory, edits);
    const read = new Set(this.#seeds.map(({ site }) => site));
    this.#taps = new GradientTaps(memory, this.#inner, this.tape, { wanted, read, cuts });
  }

  run<T>(body: (taps: Taps) => T): T {
    return this.tape.during(() => body(this.#taps));
  }

  /** From what reached its output, and from the scalars that are read inside. */
  back(output: Tensor, arrived: Tensor | undefined): Cotangents {
    const { memory } = this;
    const { passed, read } = this.#taps;
    const cotangents = new Cotangents(memory);
    if (arrived) cotangents.add(output, arrived);
    for (const { site, cotangent } of this.#seeds) {
      const at = read.get(site);
      if (!at) continue;
      cotangents.add(at.tensor, placed(memory, cotangent, at, at.width));
      this.read.push(this.#siteTensor(site, at, memory.keep(scale(memory, at.tensor, 1))));
    }
    this.tape.back(cotangents);
    for (const [site, at] of passed) {
      const cotangent = this.request.wanted.has(site) ? cotangents.of(at.tensor) : undefined;
      if (cotangent) this.found.push(this.#siteTensor(site, at, memory.keep(cotangent)));
    }
    this.#inner.releaseInputs();
    return cotangents;
  }

  #siteTensor(site: Site, { tensor: { shape }, offset, width }: PassedTensor, tensor: Tensor): SiteTensor {
    return { site, tensor, shape, columns: { offset, width }, tokens: this.request.tokens };
  }
}
