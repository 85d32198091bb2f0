/**
 * The way back through a model, for the scalars of one chunk:
 *
 *   1. the head runs on the tokens that are scored, under a tape; from the cotangent of its logits back to the residual stream
 *   2. block by block from the last, down to the first part that has a wanted site: the block runs again from the residual
 *      stream that the forward pass kept, under a tape of its own, back from what reached its end, and is let go
 *   3. the embeddings, if a site there is wanted
 *
 * At most one block's activations live at a time, beside one residual stream a block.
 */
import type { FrozenPart } from "../../../protocol/gradients";
import { siteLayer, type Site } from "../../../protocol/sites";
import type { Tensor } from "../../device/tensor";
import type { ForwardContext, ModelConfig, Taps, TokenBatch } from "../../models/architecture";
import type { Model } from "../../models/model";
import { runBlock } from "../../models/runBlocks";
import { add } from "../../ops/elementwise";
import { gatherRows } from "../../ops/embedding";
import { scoreTargetsBackward } from "../../ops/score";
import { HEAD_SITES, type PassEdits } from "../edits/passEdits";
import type { SiteChanges } from "../edits/runTaps";
import type { HeadTables, PendingValues } from "./headTables";
import { TapedPart, type Seed, type SiteTensor } from "./tapedPart";

/** What the forward pass left. */
export interface ForwardPass {
  readonly batch: TokenBatch;
  readonly edits: PassEdits;
  /** What each block read that ran. */
  readonly inputs: readonly Tensor[];
  /** After the last block that ran. */
  readonly residual: Tensor;
}

/** What is asked in one walk back. */
export interface BackwardAsks {
  readonly wanted: ReadonlySet<Site>;
  readonly frozen: ReadonlySet<FrozenPart>;
  readonly head: readonly HeadTables[];
  readonly seeds: readonly Seed[];
}

const EMBEDDINGS = -1;

/** The part of the model that a site lies in: -1 the embeddings, a block, or the head. */
export function partOf({ nLayers }: Pick<ModelConfig, "nLayers">, site: Site): number {
  return HEAD_SITES.has(site) ? nLayers : (siteLayer(site) ?? EMBEDDINGS);
}

export class BackwardPass {
  readonly found: SiteTensor[] = [];
  readonly read: SiteTensor[] = [];
  readonly values: PendingValues[] = [];
  readonly #lowest: number;
  /** Blocks that scalars are read in. */
  readonly #readIn: ReadonlySet<number>;
  readonly #kept = new Set<Tensor>();

  constructor(
    private readonly model: Model,
    private readonly pass: ForwardPass,
    private readonly asks: BackwardAsks,
  ) {
    const { config } = model;
    this.#lowest = Math.min(...[...asks.wanted].map((site) => partOf(config, site)));
    this.#readIn = new Set(asks.seeds.map(({ site }) => partOf(config, site)));
  }

  /** Records all of it, in the open scope. */
  record(): void {
    const { architecture } = this.model;
    const { batch, inputs, edits } = this.pass;
    // What every block reads besides the stream; its cotangent is that from all blocks together.
    const sharing = architecture.shared && this.#part(edits.blocks);
    const shared = sharing?.run((taps) => architecture.shared?.(this.#with(taps), batch));
    const sharedIsLive = shared !== undefined && sharing?.tape.isLive(shared) === true;
    let arrived = this.#head();
    let toShared: Tensor | undefined;
    for (let layer = inputs.length - 1; layer >= Math.max(0, this.#lowest); layer--) {
      if (!arrived && !this.#readIn.has(layer)) continue;
      const back = this.#block(layer, arrived, shared, sharedIsLive);
      this.#letGo(arrived, back.toInput);
      arrived = back.toInput;
      toShared = this.#summed(toShared, back.toShared);
    }
    if (this.#lowest !== EMBEDDINGS) return;
    if (sharing && shared && toShared) this.#collect(sharing, () => sharing.back(shared, toShared));
    const embeddings = this.#part(edits.blocks);
    const x = embeddings.run((taps) => architecture.embed(this.#with(taps), batch));
    this.#collect(embeddings, () => embeddings.back(x, arrived));
  }

  /** The cotangent of the residual stream after the last block. */
  #head(): Tensor | undefined {
    const { architecture, config, memory } = this.model;
    const { residual } = this.pass;
    let sum: Tensor | undefined;
    for (const tables of this.asks.head) {
      const part = memory.scope(() => {
        const part = this.#part(tables.edits, tables.tokens);
        if (this.#lowest < config.nLayers) part.tape.watch(residual);
        const logits = part.run((taps) => {
          const { rows, copies } = tables;
          const scored = rows ? gatherRows(memory, residual, rows, copies) : residual;
          return architecture.head(this.#with(taps), scored);
        });
        for (const value of tables.values(logits)) {
          this.#kept.add(memory.keep(value.tensor));
          this.values.push(value);
        }
        const ofLogits = scoreTargetsBackward(memory, logits, tables.asks);
        const arrived = tables.dense ? add(memory, ofLogits, tables.dense) : ofLogits;
        return this.#collect(part, () => part.back(logits, arrived)).of(residual);
      });
      sum = sum && part ? add(memory, sum, part) : (sum ?? (part || undefined));
    }
    return sum;
  }

  #block(layer: number, arrived: Tensor | undefined, shared: Tensor | undefined, sharedIsLive: boolean) {
    const { architecture, memory } = this.model;
    const { batch, inputs, edits } = this.pass;
    const x = inputs[layer];
    if (x === undefined) throw new Error(`the residual stream before block ${layer} was not kept`);
    let toShared: Tensor | undefined;
    const toInput = memory.scope(() => {
      const part = this.#part(edits.blocks);
      if (this.#lowest < layer) part.tape.watch(x);
      if (shared && sharedIsLive) part.tape.watch(shared);
      const y = part.run((taps) => runBlock(architecture, this.#with(taps), batch, layer, x, shared));
      const cotangents = this.#collect(part, () => part.back(y, arrived));
      toShared = shared && cotangents.of(shared);
      if (toShared) this.#kept.add(memory.keep(toShared));
      return cotangents.of(x);
    });
    return { toInput: toInput ?? undefined, toShared };
  }

  #part(edits: SiteChanges, tokens?: readonly number[]): TapedPart {
    return new TapedPart(this.model.memory, { ...this.asks, edits, tokens });
  }

  #with(taps: Taps): ForwardContext<ModelConfig> {
    const { config, weights, memory } = this.model;
    return { config, weights, memory, taps };
  }

  #collect<T>(part: TapedPart, back: () => T): T {
    const result = back();
    this.found.push(...part.found);
    this.read.push(...part.read);
    for (const { tensor } of [...part.found, ...part.read]) this.#kept.add(tensor);
    return result;
  }

  #summed(sum: Tensor | undefined, part: Tensor | undefined): Tensor | undefined {
    return sum && part ? add(this.model.memory, sum, part) : (sum ?? part);
  }

  /** A cotangent that has done its work, unless it was found at a site or goes on as it is. */
  #letGo(cotangent: Tensor | undefined, next: Tensor | undefined): void {
    if (cotangent && cotangent !== next && !this.#kept.has(cotangent)) this.model.memory.release(cotangent);
  }

  /** After everything was read back. */
  release(): void {
    for (const tensor of this.#kept) this.model.memory.release(tensor);
    this.#kept.clear();
  }
}
