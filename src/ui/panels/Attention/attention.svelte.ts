/**
 * What the panel asks the engine: the layer whose head is enlarged (held until another is shown), and every head at a
 * glance with its numbers, layer by layer.
 */
import type { EditedPrompt } from "../../../protocol/interventions";
import { VitrineError } from "../../../protocol/errors";
import { rasterOf } from "../../charts/heatmap/heatmap";
import { Latest } from "../../state/latest.svelte";
import { withTokenEdits } from "../../../client/tokens/readTokens";
import type { Session } from "../../state/session.svelte";
import { tokenLabel } from "../../../client/tokens/tokenText";
import type { Side } from "../../../client/sides";
import { headStats, type HeadStats } from "./headStats";
import { captureLayer, readMap, readMean, releaseLayer, type LayerTensors } from "./readHeads";
import type { Measure } from "./settings";

/** One head, small. */
export interface HeadCard {
  readonly layer: number;
  readonly head: number;
  /** Pooled to at most THUMB cells each way. */
  readonly rows: number;
  readonly cols: number;
  readonly values: Float32Array;
  readonly stats: HeadStats;
  readonly baseline?: HeadStats;
}

/** What an answer is about. */
export interface Question {
  readonly prompt: EditedPrompt;
  readonly measure: Measure;
  readonly side: Side;
}

export interface GlanceAnswer extends Question {
  readonly layers: readonly number[];
  readonly cards: readonly HeadCard[];
  readonly layersDone: number;
}

/** The enlarged matrix. */
export interface MapAnswer extends Question {
  readonly layer: number;
  /** Undefined: the mean of all. */
  readonly head: number | undefined;
  /** [n, n]. */
  readonly values: Float32Array;
  readonly tokens: readonly string[];
  readonly hasBaseline: boolean;
}

/** Cells of a small multiple, each way. */
export const THUMB = 72;

export class AttentionState {
  readonly tensors: Latest<LayerTensors>;
  readonly map: Latest<MapAnswer>;
  readonly glance: Latest<GlanceAnswer>;
  #held: LayerTensors | undefined;
  #glances = 0;

  constructor(private readonly session: Session) {
    const make = <T>() => new Latest<T>((id) => session.engine.cancel(id));
    this.tensors = make();
    this.map = make();
    this.glance = make();
  }

  get #engine() {
    return this.session.engine;
  }

  /** Captures a layer; what was held before is released. */
  async hold(prompt: EditedPrompt, layer: number, measure: Measure): Promise<void> {
    let made: LayerTensors | undefined;
    const isNewest = await this.tensors.ask(
      async (runId) => (made = await captureLayer(this.#engine, prompt, layer, measure, runId)),
    );
    const old = isNewest ? this.#held : made;
    if (isNewest) this.#held = made;
    if (old) void releaseLayer(this.#engine, old);
  }

  /** Enlarges one head of the held layer, or the mean of its heads. */
  enlarge(tensors: LayerTensors, head: number | undefined, side: Side): void {
    const { model } = this.session;
    if (!model) return;
    void this.map.ask(async () => {
      const values =
        head === undefined
          ? await readMean(this.#engine, tensors, side, model)
          : (await readMap(this.#engine, tensors, head, side, model)).map;
      const { prompt, layer, measure } = tensors;
      const hasBaseline = tensors.baseline !== undefined;
      return {
        ...{ prompt, layer, measure, side, head, values, hasBaseline },
        tokens: this.#labels(prompt, side),
      };
    });
  }

  /** Reads all heads of some layers, with partial results layer by layer. */
  look(question: Question, layers: readonly number[]): void {
    const { model } = this.session;
    if (!model) return;
    const turn = ++this.#glances;
    const stopIfOld = () => {
      if (turn !== this.#glances) throw new VitrineError("Cancelled", "Stopped.");
    };
    const { prompt, measure, side } = question;
    const ids = withTokenEdits(this.session.tokens, prompt.edits ?? []).map(({ id }) => id);
    void this.glance.ask(async (runId, partial) => {
      const cards: HeadCard[] = [];
      const answer = (layersDone: number) => ({ ...question, layers, cards: [...cards], layersDone });
      for (const [done, layer] of layers.entries()) {
        const tensors = await captureLayer(this.#engine, prompt, layer, measure, runId);
        try {
          for (let head = 0; head < model.nHeads; head++) {
            stopIfOld();
            const { map, patterns } = await readMap(this.#engine, tensors, head, side, model);
            const n = ids.length;
            const shape = { rows: n, cols: n, values: map };
            const small = rasterOf(shape, [0, n], [0, n], { width: THUMB, height: THUMB });
            cards.push({
              ...{ layer, head, rows: small.height, cols: small.width, values: small.values },
              stats: headStats(patterns.now, ids),
              ...(patterns.baseline && { baseline: headStats(patterns.baseline, prompt.tokens) }),
            });
          }
        } finally {
          void releaseLayer(this.#engine, tensors);
        }
        if (done + 1 < layers.length) partial(answer(done + 1));
      }
      return answer(layers.length);
    });
  }

  stopLooking(): void {
    this.#glances++;
    this.glance.cancel();
  }

  clear(): void {
    this.stopLooking();
    this.glance.clear();
    this.map.clear();
    this.tensors.clear();
    if (this.#held) void releaseLayer(this.#engine, this.#held);
    this.#held = undefined;
  }

  #labels({ edits = [] }: EditedPrompt, side: Side): readonly string[] {
    const { tokens } = this.session;
    const read = side === "baseline" ? tokens : withTokenEdits(tokens, edits);
    return read.map(({ text }) => tokenLabel(text));
  }
}
