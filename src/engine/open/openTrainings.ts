/** Runs of learning by their ids, until the page releases them or the model is another. */
import type { ModelInfo } from "../../protocol/api";
import type { Pauser } from "../../protocol/cancel";
import { isVitrineError, VitrineError } from "../../protocol/errors";
import type { SaeTrainingInfo, SaeTrainingRequest, TrainedFile } from "../../protocol/sae/training";
import { writeSaeLens } from "../formats/sae/writeSaeLens";
import type { Model } from "../models/model";
import { SaeTraining } from "../train/sae/saeTraining";

type OnProgress = (partial: SaeTrainingInfo) => void;

interface Held {
  readonly training: SaeTraining;
  readonly request: SaeTrainingRequest;
  readonly model: Pick<ModelInfo, "name" | "sha256">;
}

export class OpenTrainings {
  readonly #held = new Map<number, Held>();
  /** Ids of an engine that was started again never equal those of the one before it, which views may still name. */
  #nextId = Date.now() * 1000;

  /** Learns. The run is held also when it was cancelled: `goOn` learns the rest. */
  run(
    model: Model,
    info: ModelInfo,
    request: SaeTrainingRequest,
    pauser: Pauser,
    onProgress?: OnProgress,
  ): Promise<SaeTrainingInfo> {
    const id = this.#nextId++;
    const training = new SaeTraining(id, model, request, info.bosId);
    const { name, sha256 } = info;
    // Not the documents: they are as large as all that is remembered.
    this.#held.set(id, { training, request: { ...request, documents: [] }, model: { name, sha256 } });
    return this.goOn(model, { id }, pauser, onProgress);
  }

  async goOn(
    model: Model,
    { id, steps = Infinity }: { readonly id: number; readonly steps?: number },
    pauser: Pauser,
    onProgress?: OnProgress,
  ): Promise<SaeTrainingInfo> {
    const { training } = this.#find(id);
    try {
      return await training.run(model, steps, pauser, onProgress);
    } catch (error) {
      if (isVitrineError(error, "Cancelled")) return training.info();
      throw error;
    }
  }

  /** In the SAELens layout, with how it was trained and what was measured. */
  async files(id: number, sae: number): Promise<readonly TrainedFile[]> {
    const { training, request, model } = this.#find(id);
    const { settings, ...weights } = await training.trained(sae);
    const { step, saes, corpusTokens, heldOutTokens } = training.info();
    const { steps, batch, schedule, clip, seed, name, contextSize, addBos } = request;
    return writeSaeLens(
      { ...weights, ...settings },
      {
        ...{ modelName: model.name, modelSha256: model.sha256, contextSize, prependBos: addBos },
        training: {
          ...{ corpus: name, corpus_tokens: corpusTokens, training_tokens: step * batch, seed },
          ...{ step, steps, batch_tokens: batch, learning_rate: schedule.rate, gradient_clip: clip },
          ...{ lr_warm_up_steps: schedule.warmUp, lr_decay_share: schedule.decay, init_seed: settings.seed },
          ...{ aux_k: settings.auxK, aux_weight: settings.auxWeight, dead_after_tokens: settings.deadAfter },
          held_out: { tokens: heldOutTokens, ...saes[sae]?.heldOut.at(-1) },
        },
      },
    );
  }

  release(id: number): void {
    this.#held.get(id)?.training.free();
    this.#held.delete(id);
  }

  /** The model is gone, and its memory with it. */
  forget(): void {
    this.#held.clear();
  }

  #find(id: number): Held {
    const held = this.#held.get(id);
    if (held) return held;
    throw new VitrineError("Unsupported", "This run is no longer held by the engine; start it again.");
  }
}
