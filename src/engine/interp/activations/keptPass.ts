/**
 * One prompt's forward pass, of which some positions are kept on the device for methods that read them again and again:
 * chosen sites, and logits by the model's own head. Nothing is read back here, and a long prompt takes no more memory
 * than the positions that are looked at.
 */
import type { Site } from "../../../protocol/sites";
import type { Tensor } from "../../device/tensor";
import type { Taps } from "../../models/architecture";
import type { Model } from "../../models/model";
import { gatherRows } from "../../ops/embedding";
import { KeyValueCache } from "../../ops/keyValueCache";
import { pieces, rowsAtOnce } from "../pass/forward";
import type { ResolvedPrompt } from "../interventions/index";
import { uploadPassEdits, type PassEdits } from "../edits/passEdits";
import { EMPTY_CONTEXT, extend } from "../batch/rowContext";
import { RunTaps } from "../edits/runTaps";
import { checkTokens } from "../pass/run";
import { packBatch, uploadBatch } from "../batch/tokenBatch";

/** Passes everything on: the head of a tensor that is not this pass's last residual. */
export const NO_TAPS: Taps = {
  wants: () => false,
  edits: () => false,
  tap: (_, tensor) => tensor,
  columns: (_, tensor) => tensor,
};

export class KeptPass {
  readonly #tensors: ReadonlyMap<Site, Tensor>;
  readonly #residual: Tensor;
  readonly #edits: PassEdits;
  /** Row of each kept position. */
  readonly #rowOf: ReadonlyMap<number, number>;

  /** Records the pass; `sites` must be whole tensors of one row a token (not q, k, v, scores or patterns). */
  constructor(
    private readonly model: Model,
    { tokens, interventions }: ResolvedPrompt,
    positions: readonly number[],
    sites: readonly Site[] = [],
  ) {
    const { config, memory, architecture, weights } = model;
    checkTokens([{ tokens }], config.dVocab);
    this.#rowOf = new Map(positions.map((position, row) => [position, row]));
    const cache = new KeyValueCache(memory, config.nLayers, tokens.length, config.nKvHeads * config.dHead);
    try {
      const segment = { context: EMPTY_CONTEXT, tokens, interventions };
      const packed = packBatch([segment], cache, config);
      const contexts = [extend(segment, packed.slots[0] ?? [])];
      let taps: RunTaps | undefined;
      let edits: PassEdits | undefined;
      this.#residual = memory.keep(
        memory.scope(() => {
          const batch = uploadBatch(packed, cache, memory, config.nCtx);
          edits = uploadPassEdits(model, [segment], packed, contexts);
          const rows = memory.from(Uint32Array.from(positions), [positions.length], "positions");
          taps = new RunTaps(new Set(sites), memory, edits.blocks, rows);
          const residual = architecture.blocks({ config, weights, memory, taps }, batch);
          taps.releaseInputs();
          return gatherRows(memory, residual, rows);
        }),
      );
      if (!taps || !edits) throw new Error("the pass was not recorded");
      this.#edits = edits;
      this.#tensors = taps.bySite();
    } finally {
      cache.release();
    }
  }

  /** A captured site at the kept positions, in their order: [positions, width]. */
  tensor(site: Site): Tensor {
    const tensor = this.#tensors.get(site);
    if (tensor === undefined) throw new Error(`${site} was not kept`);
    return tensor;
  }

  /** Some of its rows, in the order asked. Owned by the open scope. */
  rows(site: Site, positions: readonly number[]): Tensor {
    return this.#rows(positions, this.tensor(site));
  }

  /** Positions in goes whose logits fit in one buffer. */
  goes(positions: readonly number[]): number[][] {
    return pieces(positions, rowsAtOnce(this.model));
  }

  /**
   * Logits [positions, dVocab] through the model's own final norm and unembedding: of this pass, with its edits, or of
   * another site of the residual stream. Owned by the open scope.
   */
  logits(positions: readonly number[], site?: Site): Tensor {
    if (site !== undefined) return this.#head(positions, this.tensor(site), NO_TAPS);
    const edits = this.#edits.head(positions);
    const taps = edits.size > 0 ? new RunTaps(new Set(), this.model.memory, edits) : NO_TAPS;
    return this.#head(positions, this.#residual, taps);
  }

  /**
   * What the unembedding reads [positions, dModel], and what the final norm divided it by [positions, 1], if there is
   * one; with this pass's edits. Owned by the open scope.
   */
  unembedded(positions: readonly number[]): { read: Tensor; scale: Tensor | undefined } {
    const { memory } = this.model;
    // Without a final norm that is the residual stream itself.
    let read = this.#rows(positions, this.#residual);
    let scale: Tensor | undefined;
    const edits = new RunTaps(new Set(), memory, this.#edits.head(positions));
    const taps: Taps = {
      wants: (site) => edits.wants(site),
      edits: (site) => edits.edits(site),
      columns: (...asked) => edits.columns(...asked),
      tap(site, tensor) {
        const passed = edits.tap(site, tensor);
        if (site === "ln_final.normalized") read = passed;
        if (site === "ln_final.scale") scale = passed;
        return passed;
      },
    };
    this.#head(positions, this.#residual, taps);
    return { read, scale };
  }

  #rows(positions: readonly number[], from: Tensor): Tensor {
    const { memory } = this.model;
    const rows = Uint32Array.from(positions, (position) => {
      const row = this.#rowOf.get(position);
      if (row === undefined) throw new Error(`position ${position} was not kept`);
      return row;
    });
    return gatherRows(memory, from, memory.from(rows, [rows.length], "rows"));
  }

  #head(positions: readonly number[], from: Tensor, taps: Taps): Tensor {
    const { config, memory, architecture, weights } = this.model;
    return architecture.head({ config, weights, memory, taps }, this.#rows(positions, from));
  }

  release(): void {
    const { memory } = this.model;
    for (const tensor of new Set([...this.#tensors.values(), this.#residual])) memory.release(tensor);
  }
}
