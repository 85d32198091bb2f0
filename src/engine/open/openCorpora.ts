/** Corpora that were read, or are being read, by their ids, until the page releases them or the model is another. */
import type { CancelToken } from "../../protocol/cancel";
import { isVitrineError } from "../../protocol/errors";
import type {
  CorpusInfo,
  CorpusLatentRequest,
  CorpusLatentResult,
  CorpusOverview,
  CorpusOverviewRequest,
  CorpusRequest,
} from "../../protocol/sae/features";
import { corpusLatent, corpusOverview, CorpusStats } from "../methods/saeCorpus/saeCorpus";
import type { Model } from "../models/model";
import { HeldById } from "./heldById";

type OnProgress = (partial: CorpusInfo) => void;

export class OpenCorpora {
  readonly #held = new HeldById<CorpusStats>("This corpus is no longer held by the engine; read it again.");

  /** Reads a corpus. It is held also when it was cancelled: `goOn` reads the rest. */
  run(
    model: Model,
    request: CorpusRequest,
    bosId: number | undefined,
    pauser: CancelToken,
    onProgress?: OnProgress,
  ): Promise<CorpusInfo> {
    const id = this.#held.newId();
    this.#held.hold(id, new CorpusStats(id, model, request, bosId));
    return this.goOn(model, id, pauser, onProgress);
  }

  async goOn(model: Model, id: number, pauser: CancelToken, onProgress?: OnProgress): Promise<CorpusInfo> {
    const corpus = this.#held.find(id);
    try {
      return await corpus.run(model, pauser, onProgress);
    } catch (error) {
      if (isVitrineError(error, "Cancelled")) return corpus.info();
      throw error;
    }
  }

  latent(model: Model, request: CorpusLatentRequest, pauser: CancelToken): Promise<CorpusLatentResult> {
    return corpusLatent(model, this.#held.find(request.corpus), request, pauser);
  }

  overview({ corpus, sae }: CorpusOverviewRequest): CorpusOverview {
    return corpusOverview(this.#held.find(corpus), sae);
  }

  release(id: number): void {
    this.#held.release(id);
  }

  forget(): void {
    this.#held.forget();
  }
}
