/**
 * Passes over corpora that the engine holds: one can be under way, several can be looked at. They belong to the loaded
 * model and to the autoencoders that they were made with.
 */
import type { EngineApi, ModelInfo, Progress, TokenInfo } from "../../protocol/api";
import { isVitrineError, messageOf } from "../../protocol/errors";
import type { CorpusInfo, CorpusProgress } from "../../protocol/features";
import { readDocuments } from "./corpusTexts";
import type { NamedTexts } from "./promptSets";
import { phaseAfter, type Phase } from "./timeLeft";

const RUN = "sae-corpus";

export interface CorpusAsk {
  readonly saes: readonly number[];
  readonly texts: NamedTexts;
  readonly contextSize: number;
  readonly addBos: boolean;
  readonly seed: number;
}

/** A finished pass, with what was asked. */
export interface HeldCorpus extends CorpusInfo {
  readonly contextSize: number;
  readonly addBos: boolean;
}

export interface CorpusOwner {
  readonly model: ModelInfo | undefined;
  pieceTokens(text: string): Promise<TokenInfo[]>;
}

export class Corpora {
  /** Newest last. */
  list = $state.raw<readonly HeldCorpus[]>([]);
  progress = $state.raw<Progress | undefined>();
  phase = $state.raw<Phase | undefined>();
  speed = $state(0);
  error = $state.raw<string | undefined>();
  #request = 0;

  constructor(
    private readonly engine: EngineApi,
    /** Whose they are; the session. */
    private readonly owner: CorpusOwner,
  ) {}

  get busy(): boolean {
    return this.progress !== undefined;
  }

  /** Those that an autoencoder took part in, newest first. */
  of(sae: number): readonly HeldCorpus[] {
    return this.list.filter(({ saes }) => saes.includes(sae)).toReversed();
  }

  /** Reads the texts' tokens, then lets the model read them. */
  async run({ texts, ...asked }: CorpusAsk): Promise<void> {
    const request = ++this.#request;
    const isCurrent = () => request === this.#request;
    const { name } = texts;
    this.error = undefined;
    this.#show({ done: 0, total: texts.texts.length, note: "reading texts" });
    try {
      const documents = await readDocuments(
        texts.texts,
        (text) => this.owner.pieceTokens(text),
        (done) => {
          if (isCurrent()) this.#show({ done, total: texts.texts.length, note: "reading texts" });
          return isCurrent();
        },
      );
      if (!isCurrent()) return;
      if (documents.length === 0) throw new Error(`There is no text in ${name}.`);
      const note = "tokens through the model";
      this.#show({ done: 0, total: documents.reduce((sum, { length }) => sum + length, 0), note });
      const onProgress = ({ tokensDone, tokens, tokensPerSecond }: CorpusProgress) => {
        if (!isCurrent()) return;
        this.speed = tokensPerSecond;
        this.#show({ done: tokensDone, total: tokens, note });
      };
      const info = await this.engine.saeCorpus({ ...asked, name, documents }, RUN, onProgress);
      // Another model was loaded meanwhile: this one's numbers are gone with it.
      if (!isCurrent()) return void this.engine.releaseCorpus(info.id);
      const { contextSize, addBos } = asked;
      this.list = [...this.list, { ...info, contextSize, addBos }];
    } catch (error) {
      if (isCurrent() && !isVitrineError(error, "Cancelled")) this.error = messageOf(error);
    } finally {
      if (isCurrent()) this.progress = this.phase = undefined;
    }
  }

  /** While texts are read nothing is kept; a pass that is stopped keeps what it saw. */
  cancel(): void {
    if (this.progress?.note === "reading texts") {
      this.#request++;
      this.progress = this.phase = undefined;
    }
    void this.engine.cancel(RUN);
  }

  async release(id: number): Promise<void> {
    this.list = this.list.filter((corpus) => corpus.id !== id);
    await this.engine.releaseCorpus(id);
  }

  /** The model is another: its engine has let go of all of them. */
  forget(): void {
    this.#request++;
    if (this.busy) void this.engine.cancel(RUN);
    this.list = [];
    this.progress = this.phase = undefined;
    this.error = undefined;
  }

  #show(progress: Progress): void {
    const before = this.progress && this.phase ? { phase: this.phase, progress: this.progress } : undefined;
    const isSame = before?.progress.note === progress.note ? before : undefined;
    this.phase = phaseAfter(isSame, progress, performance.now());
    this.progress = progress;
  }
}
