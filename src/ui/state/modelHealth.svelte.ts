/**
 * The closer look at a model that reads plain English badly: taken once the page has answered, since nobody waits for it,
 * and given up when another model comes.
 */
import type { EngineApi, ModelInfo } from "../../protocol/api";
import type { ModelSlot } from "../../protocol/analysis";

export class ModelHealth {
  /** What is wrong with a model, in a sentence. */
  #problem = $state.raw<{ readonly of: ModelInfo; readonly text: string } | undefined>();

  constructor(
    private readonly engine: Pick<EngineApi, "examineModel" | "cancel">,
    private readonly slot: ModelSlot,
  ) {}

  /** What is known to be wrong with this model, if anything. */
  problemOf(info: ModelInfo | undefined): string | undefined {
    return this.#problem?.of === info ? this.#problem?.text : undefined;
  }

  /** What was found; nothing of a model that reads well, or where the look was given up. */
  async examine(info: ModelInfo): Promise<string | undefined> {
    this.#problem = undefined;
    if (!info.isDoubtful) return undefined;
    // It says nothing about the model when a look at it fails; what fails for the visitor, too, is said there.
    const text = await this.engine.examineModel(this.#runId, this.slot).catch(() => undefined);
    if (text !== undefined) this.#problem = { of: info, text };
    return text;
  }

  stop(): void {
    void this.engine.cancel(this.#runId);
  }

  get #runId(): string {
    return `examine-${this.slot}`;
  }
}
