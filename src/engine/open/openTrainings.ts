/** Runs of learning by their ids, until the page releases them or the model is another. */
import type { ModelInfo } from "../../protocol/api";
import type { Pauser } from "../../protocol/cancel";
import { isVitrineError } from "../../protocol/errors";
import type { SaeTrainingInfo, SaeTrainingRequest, TrainedFile } from "../../protocol/sae/training";
import { writeSaeLens } from "../formats/sae/writeSaeLens";
import type { Model } from "../models/model";
import { HeldById } from "./heldById";
import { SaeTraining } from "../train/sae/saeTraining";

type OnProgress = (partial: SaeTrainingInfo) => void;

interface Held {
  readonly training: SaeTraining;
  readonly request: SaeTrainingRequest;
  readonly model: Pick<ModelInfo, "name" | "sha256">;
}

export class OpenTrainings {
  readonly #held = new HeldById<Held>("This run is no longer held by the engine; start it again.");

  /** Learns. The run is held also when it was cancelled: `goOn` learns the rest. */
  run(
    model: Model,
    info: ModelInfo,
    request: SaeTrainingRequest,
    pauser: Pauser,
    onProgress?: OnProgress,
  ): Promise<SaeTrainingInfo> {
    const id = this.#held.newId();
    const training = new SaeTraining(id, model, request, info.bosId);
    const { name, sha256 } = info;
    // Not the documents: they are as large as all that is remembered.
    this.#held.hold(id, { training, request: { ...request, documents: [] }, model: { name, sha256 } });
    return this.goOn(model, { id }, pauser, onProgress);
  }

  async goOn(
    model: Model,
    { id, steps = Infinity }: { readonly id: number; readonly steps?: number },
    pauser: Pauser,
    onProgress?: OnProgress,
  ): Promise<SaeTrainingInfo> {
    const { training } = this.#held.find(id);
    try {
      return await training.run(model, steps, pauser, onProgress);
    } catch (error) {
      if (isVitrineError(error, "Cancelled")) return training.info();
      throw error;
    }
  }

  /** In the SAELens layout, with how it was trained and what was measured. */
  async files(id: number, sae: number): Promise<readonly TrainedFile[]> {
    const { training, request, model } = this.#held.find(id);
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
    this.#held.release(id)?.training.free();
  }

  /** The model is gone, and its memory with it. */
  forget(): void {
    this.#held.forget();
  }
}
