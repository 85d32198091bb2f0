/**
 * The way back through a model, for the scalars of one chunk:
 *
 *   1. the last block runs under a tape, then the head on the tokens that are scored, under another; from the cotangent of
 *      the logits back through both
 *   2. block by block, down to the first part that has a wanted site: the block runs again from the residual stream that the
 *      forward pass kept, under a tape of its own, back from what reached its end, and is let go
 *   3. the embeddings, if a site there is wanted
 *
 * Weights that are wanted collect their gradients over all of these parts.
 *
 * At most one block's activations live at a time, beside one residual stream a block.
 */
import type { FrozenPart } from "../../../protocol/gradients/gradients";
import type { Site } from "../../../protocol/sites";
import { WeightSums } from "../../autodiff/tape";
import type { Tensor, WeightTables } from "../../device/tensor";
import type { ForwardContext, ModelConfig, Taps, TokenBatch } from "../../models/architecture";
import type { Model } from "../../models/model";
import { runBlock } from "../../models/runBlocks";
import { add } from "../../ops/elementwise";
import { gatherRows } from "../../ops/embedding";
import { scoreTargetsBackward } from "../../ops/score";
import type { PassEdits } from "../edits/passEdits";
import type { SiteChanges } from "../edits/runTaps";
import type { CutSites } from "./cutSites";
import type { HeadTables, PendingValues } from "./headTables";
import { EMBEDDINGS, partOf } from "./partOf";
import { TapedPart, type Seed, type SiteTensor } from "./tapedPart";
import type { WantedWeight } from "./wantedWeights";

/** What the forward pass left. */
export interface ForwardPass {
  readonly batch: TokenBatch;
  readonly edits: PassEdits;
  /** What each block reads that is needed; the last of them has not run yet. */
  readonly inputs: readonly Tensor[];
  /** Where weights are wanted. */
  readonly tables: WeightTables | undefined;
}

/** What is asked in one walk back. */
export interface BackwardAsks {
  readonly wanted: ReadonlySet<Site>;
  /** None, unless a walk has one scalar. */
  readonly weights: readonly WantedWeight[];
  readonly frozen: ReadonlySet<FrozenPart>;
  readonly cuts: CutSites;
  readonly head: readonly HeadTables[];
  readonly seeds: readonly Seed[];
}

export class BackwardPass {
  readonly found: SiteTensor[] = [];
  readonly read: SiteTensor[] = [];
  readonly values: PendingValues[] = [];
  readonly weights: WeightSums;
  readonly #lowest: number;
  /** Blocks that scalars are read in. */
  readonly #readIn: ReadonlySet<number>;
  readonly #kept = new Set<Tensor>();

  constructor(
    private readonly model: Model,
    private readonly pass: ForwardPass,
    private readonly asks: BackwardAsks,
  ) {
    const { config, memory } = model;
    this.#lowest = Math.min(
      ...[...asks.wanted].map((site) => partOf(config, site)),
      ...asks.weights.map(({ block }) => block ?? EMBEDDINGS),
    );
    this.weights = new WeightSums(memory, new Set(asks.weights.map(({ weight }) => weight)), pass.tables);
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
    const top = inputs.length - 1;
    let arrived: Tensor | undefined;
    let toShared: Tensor | undefined;
    for (let layer = top; layer >= 0; layer--) {
      // The last block runs whatever is wanted: the head reads what it makes.
      const isNeeded = layer === top || this.#readIn.has(layer) || (layer >= this.#lowest && arrived);
      if (!isNeeded) continue;
      const reached = arrived;
      const ofOutput = layer === top ? (y: Tensor) => this.#head(y) : () => reached;
      const back = this.#block(layer, ofOutput, sharedIsLive ? shared : undefined, shared);
      this.#letGo(arrived, back.toInput);
      arrived = back.toInput;
      toShared = this.#summed(toShared, back.toShared);
    }
    if (this.#lowest !== EMBEDDINGS && !this.#readIn.has(EMBEDDINGS)) return;
    if (sharing && shared) this.#collect(sharing, () => sharing.back(shared, toShared));
    const embeddings = this.#part(edits.blocks);
    const x = embeddings.run((taps) => architecture.embed(this.#with(taps), batch));
    this.#collect(embeddings, () => embeddings.back(x, arrived));
  }

  /** The cotangent of the residual stream after the last block, from everything that is read off the head. */
  #head(residual: Tensor): Tensor | undefined {
    const { architecture, config, memory } = this.model;
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

  /** Runs a block under a tape, and back from the cotangent of what it gives. */
  #block(
    layer: number,
    ofOutput: (y: Tensor) => Tensor | undefined,
    watched: Tensor | undefined,
    shared: Tensor | undefined,
  ) {
    const { architecture, memory } = this.model;
    const { batch, inputs, edits } = this.pass;
    const x = inputs[layer];
    if (x === undefined) throw new Error(`the residual stream before block ${layer} was not kept`);
    let toShared: Tensor | undefined;
    const toInput = memory.scope(() => {
      const part = this.#part(edits.blocks);
      if (this.#lowest < layer) part.tape.watch(x);
      if (watched) part.tape.watch(watched);
      const y = part.run((taps) => runBlock(architecture, this.#with(taps), batch, layer, x, shared));
      const cotangents = this.#collect(part, () => part.back(y, ofOutput(y)));
      toShared = watched && cotangents.of(watched);
      if (toShared) this.#kept.add(memory.keep(toShared));
      return cotangents.of(x);
    });
    return { toInput: toInput ?? undefined, toShared };
  }

  #part(edits: SiteChanges, tokens?: readonly number[]): TapedPart {
    return new TapedPart(this.model.memory, { ...this.asks, weights: this.weights, edits, tokens });
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
    this.weights.release();
  }
}
