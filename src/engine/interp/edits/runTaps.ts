/**
 * The taps of a run: what passes a site is changed where a row's interventions say so, and taken out of its scope
 * where it is captured, so that it outlives the pass and is read back with the scores. A capture holds the changed
 * values. Capturing copies nothing and dispatches nothing: kernels never write in place, so a kept tensor stays what
 * it was. A change is one dispatch a site.
 */
import type { Site } from "../../../protocol/sites";
import type { Tensor, TensorMemory } from "../../device/tensor";
import type { Taps } from "../../models/architecture";
import { editRows, type RowEdits } from "../../ops/editRows";
import { gatherRows } from "../../ops/embedding";
import type { SiteLatents } from "./latentTables";

export interface CapturedTensor {
  readonly site: Site;
  /** Index into `RunTaps.tensors`; q, k and v may share one tensor. */
  readonly tensor: number;
  /** Its shape: [tokens, …]. */
  readonly shape: readonly number[];
  /** An edit may have changed it. */
  readonly isEdited: boolean;
  /** The columns that belong to the site. */
  readonly columns: { readonly offset: number; readonly width: number };
}

/** What happens at a site, in order: an edit in its last form, tables that a kernel reads. */
export type SiteChange = { readonly kind: "affine"; readonly edits: RowEdits } | SiteLatents;
export type SiteChanges = ReadonlyMap<Site, readonly SiteChange[]>;

export class RunTaps implements Taps {
  readonly tensors: Tensor[] = [];
  readonly captured: CapturedTensor[] = [];
  /** What transcoders read, until they write. */
  readonly #inputs = new Map<Site, Tensor>();
  readonly #readByTranscoders: ReadonlySet<Site>;

  constructor(
    private readonly wanted: ReadonlySet<Site>,
    private readonly memory: TensorMemory,
    /** On the device already: nothing is sent while a pass is recorded. */
    private readonly changes: SiteChanges = new Map(),
    /** u32 [n]: only these tokens of a captured site are kept, as a copy; the pass then holds no more than that. */
    private readonly rows?: Tensor,
    /** What stands in the place of whole sites, before any change of them. */
    private readonly frozen?: ReadonlyMap<Site, Tensor>,
  ) {
    const coded = [...changes.values()].flat().filter((change) => change.kind === "latents");
    this.#readByTranscoders = new Set(
      coded.flatMap(({ sae }) => (sae.siteIn === sae.siteOut ? [] : [sae.siteIn])),
    );
  }

  wants(site: Site): boolean {
    return this.wanted.has(site) || this.edits(site) || this.#readByTranscoders.has(site);
  }

  edits(site: Site): boolean {
    return this.changes.has(site) || this.frozen?.has(site) === true;
  }

  tap(site: Site, tensor: Tensor): Tensor {
    return this.columns(site, tensor, 0, tensor.size / (tensor.shape[0] ?? 1));
  }

  columns(site: Site, tensor: Tensor, offset: number, width: number): Tensor {
    let passed = this.frozen?.get(site) ?? tensor;
    for (const change of this.changes.get(site) ?? []) {
      passed =
        change.kind === "affine"
          ? editRows(this.memory, passed, change.edits, offset)
          : this.#recode(site, passed, change);
    }
    if (this.#readByTranscoders.has(site)) this.#inputs.set(site, this.memory.keep(passed));
    if (this.wanted.has(site)) this.#capture(site, passed, offset, width);
    return passed;
  }

  #recode(site: Site, y: Tensor, { sae, error, tables }: SiteLatents): Tensor {
    const x = sae.siteIn === site ? y : this.#inputs.get(sae.siteIn);
    if (x === undefined) throw new Error(`${sae.siteIn} does not come before ${site}`);
    return sae.editLatents(this.memory, sae.weights, x, y, tables, error);
  }

  /** Captured sites that are whole tensors of one row a token (not q, k, v, scores or patterns). */
  bySite(): Map<Site, Tensor> {
    return new Map(
      this.captured.flatMap(({ site, tensor }) => {
        const kept = this.tensors[tensor];
        return kept ? [[site, kept] as const] : [];
      }),
    );
  }

  /** After the pass was recorded. */
  releaseInputs(): void {
    for (const tensor of this.#inputs.values())
      if (!this.tensors.includes(tensor)) this.memory.release(tensor);
    this.#inputs.clear();
  }

  #capture(site: Site, tensor: Tensor, offset: number, width: number): void {
    const taken = this.rows ? gatherRows(this.memory, tensor, this.rows) : tensor;
    let index = this.tensors.indexOf(taken);
    if (index < 0) {
      index = this.tensors.push(this.memory.keep(taken)) - 1;
    }
    this.captured.push({
      site,
      tensor: index,
      shape: taken.shape,
      isEdited: this.edits(site),
      columns: { offset, width },
    });
  }
}
