/**
 * A forward pass of which some positions are kept on the device for methods that read them again and again:
 * chosen sites, and logits by the model's own head. Nothing is read back here, and a long prompt takes no more memory
 * than the positions that are looked at.
 */
import type { Intervention } from "../../../protocol/interventions";
import { siteLayer, type Site } from "../../../protocol/sites";
import type { Tensor } from "../../device/tensor";
import type { Taps } from "../../models/architecture";
import { checkIds } from "../../models/checks";
import type { Model } from "../../models/model";
import type { BlockStart } from "../../models/runBlocks";
import { makeCache } from "../../models/sizes";
import { gatherRows } from "../../ops/embedding";
import { pieces, rowsAtOnce } from "../pass/forwardPass";
import type { ResolvedPrompt } from "../interventions/index";
import { firstBlock } from "../edits/firstBlock";
import type { PassEdits } from "../edits/passEdits";
import { preparePass, recordHead } from "../edits/preparePass";
import { EMPTY_CONTEXT, type Segment } from "../batch/rowContext";
import { RunTaps } from "../edits/runTaps";
import { inScope } from "../pass/readBack";
import { carried } from "./lensMatrices";

/** Passes everything on: the head of a tensor that is not this pass's last residual. */
export const NO_TAPS: Taps = {
  wants: () => false,
  edits: () => false,
  tap: (_, tensor) => tensor,
  columns: (_, tensor) => tensor,
};

/** What a recorded pass leaves on the device. */
interface Recorded {
  readonly tensors: ReadonlyMap<Site, Tensor>;
  /** The last residual of the kept tokens; not there where only sites before the last block were asked for. */
  readonly residual: Tensor | undefined;
  readonly edits: PassEdits;
  /** Before the block that was asked for: all tokens. */
  readonly before: BlockStart | undefined;
}

interface RecordOptions {
  /** Blocks from this one on are not computed. */
  readonly nLayers?: number;
  /** The residual stream before this block is kept. */
  readonly keepBefore?: number | undefined;
  /** The residual stream of the same tokens that another pass kept. */
  readonly start?: BlockStart | undefined;
}

/** `kept`: which of all tokens, one segment after the other. */
function record(
  model: Model,
  segments: readonly Segment[],
  kept: readonly number[],
  sites: readonly Site[],
  { nLayers = model.config.nLayers, keepBefore, start }: RecordOptions = {},
): Recorded {
  const { memory } = model;
  const config = { ...model.config, nLayers };
  for (const { tokens } of segments) checkIds(tokens, config.dVocab);
  const count = segments.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const cache = makeCache({ config, memory }, count);
  try {
    const pass = preparePass({ ...model, config }, cache, segments);
    return inScope(memory, () => {
      const { edits, blocks } = pass.send();
      const rows = memory.from(Uint32Array.from(kept), [kept.length], "kept tokens");
      let before: BlockStart | undefined;
      const onInput = (layer: number, residual: Tensor) => {
        if (layer === keepBefore) before = { layer, residual: memory.keep(residual) };
      };
      const range = { ...(start && { start }), onInput };
      const { residual: last, taps } = blocks(new Set(sites), { rows, range });
      const isWhole = nLayers === model.config.nLayers;
      const residual = isWhole ? memory.keep(gatherRows(memory, last, rows)) : undefined;
      return { tensors: taps.bySite(), residual, edits, before };
    });
  } finally {
    cache.release();
  }
}

export class ActivationCache {
  private constructor(
    private readonly model: Model,
    private readonly recorded: Recorded,
    /** Row of each kept position of one prompt. */
    private readonly rowOf: ReadonlyMap<number, number>,
    private readonly prompt?: ResolvedPrompt,
  ) {}

  /**
   * Of one prompt with its edits; `sites` must be whole tensors of one row a token (not q, k, v, scores or patterns).
   * `changes`: what it will be read again under.
   */
  static ofPrompt(
    model: Model,
    prompt: ResolvedPrompt,
    positions: readonly number[],
    sites: readonly Site[] = [],
    changes?: readonly Intervention[],
  ): ActivationCache {
    const keepBefore = changes && firstBlock(model, changes, prompt.interventions);
    return ActivationCache.#prompt(model, prompt, positions, sites, { keepBefore });
  }

  static #prompt(
    model: Model,
    prompt: ResolvedPrompt,
    positions: readonly number[],
    sites: readonly Site[],
    options: RecordOptions,
  ): ActivationCache {
    const segment = { context: EMPTY_CONTEXT, ...prompt };
    const rowOf = new Map(positions.map((position, row) => [position, row]));
    return new ActivationCache(model, record(model, [segment], positions, sites, options), rowOf, prompt);
  }

  /** The same prompt with more interventions after its own: from the first block on that they change, if it was kept. */
  changed(interventions: readonly Intervention[], positions: readonly number[]): ActivationCache {
    const { model, prompt } = this;
    const { before } = this.recorded;
    if (!prompt) throw new Error("texts are not read again");
    const isKept = before && before.layer <= firstBlock(model, interventions, prompt.interventions);
    const changed = { ...prompt, interventions: [...prompt.interventions, ...interventions] };
    return ActivationCache.#prompt(model, changed, positions, [], { start: isKept ? before : undefined });
  }

  /**
   * Of many short texts at once, without edits: sites of the kept tokens, one text after the other. Layers after the last
   * of the sites are not computed, nor are logits.
   */
  static ofTexts(
    model: Model,
    texts: readonly (readonly number[])[],
    kept: readonly number[],
    sites: readonly Site[],
  ): ActivationCache {
    const nLayers = 1 + Math.max(-1, ...sites.map((site) => siteLayer(site) ?? -1));
    const segments = texts.map((tokens) => ({ context: EMPTY_CONTEXT, tokens }));
    return new ActivationCache(model, record(model, segments, kept, sites, { nLayers }), new Map());
  }

  /** A captured site at the kept positions, in their order: [positions, width]. */
  tensor(site: Site): Tensor {
    const tensor = this.recorded.tensors.get(site);
    if (tensor === undefined) throw new Error(`${site} was not kept`);
    return tensor;
  }

  /** Some of its rows, in the order asked. Owned by the open scope. */
  rows(site: Site, positions: readonly number[]): Tensor {
    return this.#rows(positions, this.tensor(site));
  }

  /** Positions in goes whose logits fit in one buffer. */
  chunks(positions: readonly number[]): number[][] {
    return pieces(positions, rowsAtOnce(this.model));
  }

  /**
   * Logits [positions, dVocab] through the model's own final norm and unembedding: of this pass, with its edits, or of
   * another site of the residual stream, carried into the last block's basis by J if that is given. Owned by the open scope.
   */
  logits(positions: readonly number[], site?: Site, J?: Float32Array<ArrayBuffer>): Tensor {
    if (site !== undefined && J !== undefined) {
      const stream = carried(this.model.memory, this.#rows(positions, this.tensor(site)), J);
      return recordHead(this.model, stream, NO_TAPS);
    }
    if (site !== undefined) return this.#head(positions, this.tensor(site), NO_TAPS);
    const edits = this.recorded.edits.head(positions);
    const taps = edits.size > 0 ? new RunTaps(new Set(), this.model.memory, edits) : NO_TAPS;
    return this.#head(positions, this.#residual(), taps);
  }

  /**
   * What the unembedding reads [positions, dModel], and what the final norm divided it by [positions, 1], if there is
   * one; with this pass's edits. Owned by the open scope.
   */
  unembedded(positions: readonly number[]): { read: Tensor; scale: Tensor | undefined } {
    const { memory } = this.model;
    // Without a final norm that is the residual stream itself.
    let read = this.#rows(positions, this.#residual());
    let scale: Tensor | undefined;
    const edits = new RunTaps(new Set(), memory, this.recorded.edits.head(positions));
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
    this.#head(positions, this.#residual(), taps);
    return { read, scale };
  }

  #residual(): Tensor {
    const { residual } = this.recorded;
    if (residual === undefined) throw new Error("the last residual was not kept");
    return residual;
  }

  #rows(positions: readonly number[], from: Tensor): Tensor {
    const { memory } = this.model;
    const rows = Uint32Array.from(positions, (position) => {
      const row = this.rowOf.get(position);
      if (row === undefined) throw new Error(`position ${position} was not kept`);
      return row;
    });
    return gatherRows(memory, from, memory.from(rows, [rows.length], "rows"));
  }

  #head(positions: readonly number[], from: Tensor, taps: Taps): Tensor {
    return recordHead(this.model, this.#rows(positions, from), taps);
  }

  release(): void {
    const { memory } = this.model;
    const { tensors, residual, before } = this.recorded;
    for (const tensor of new Set([...tensors.values(), residual, before?.residual]))
      if (tensor) memory.release(tensor);
  }
}
