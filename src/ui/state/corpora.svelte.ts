/**
 * Passes over corpora that the engine holds: one can be under way, several can be looked at. They belong to the loaded
 * model and to the autoencoders that they were made with.
 */
import type { EngineApi, ModelInfo, TokenInfo } from "../../protocol/api";
import type { Progress } from "../../protocol/progress";
import { isVitrineError, messageOf } from "../../protocol/errors";
import type { CorpusInfo } from "../../protocol/sae/features";
import { readDocuments } from "../../client/sae/corpusTexts";
import type { NamedTexts } from "../../client/edits/promptSets";
import { phaseAfter, type Phase } from "../../client/timeLeft";

const RUN = "sae-corpus";
/** The phase before the pass itself. */
const READING = "reading texts";

export interface CorpusPassRequest {
  readonly saes: readonly number[];
  readonly texts: NamedTexts;
  readonly contextSize: number;
  readonly addBos: boolean;
  readonly seed: number;
}

/** A finished pass, or one that was stopped, with what was asked. */
export interface HeldCorpus extends CorpusInfo {
  readonly contextSize: number;
  readonly addBos: boolean;
}

export const isWhole = ({ tokensDone, tokens }: CorpusInfo) => tokensDone >= tokens;

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
  async run({ texts: { name, texts }, ...asked }: CorpusPassRequest): Promise<void> {
    await this.#newest(async (isCurrent) => {
      const show = (done: number) => this.#show({ done, total: texts.length, note: READING });
      show(0);
      const read = (text: string) => this.owner.pieceTokens(text);
      const documents = await readDocuments(texts, read, (done) => {
        if (isCurrent()) show(done);
        return isCurrent();
      });
      if (!isCurrent()) return;
      if (documents.length === 0) throw new Error(`There is no text in ${name}.`);
      const { contextSize, addBos } = asked;
      const total = documents.reduce((sum, { length }) => sum + length, 0);
      await this.#read({ contextSize, addBos }, { done: 0, total }, isCurrent, (onProgress) =>
        this.engine.saeCorpus({ ...asked, name, documents }, RUN, onProgress),
      );
    });
  }

  /** Goes on with a pass that was stopped. */
  async goOn({ id, contextSize, addBos, tokensDone, tokens }: HeldCorpus): Promise<void> {
    const from = { done: tokensDone, total: tokens };
    await this.#newest((isCurrent) =>
      this.#read({ contextSize, addBos }, from, isCurrent, (onProgress) =>
        this.engine.goOnWithCorpus(id, RUN, onProgress),
      ),
    );
  }

  async #newest(work: (isCurrent: () => boolean) => Promise<void>): Promise<void> {
    const request = ++this.#request;
    const isCurrent = () => request === this.#request;
    this.error = undefined;
    try {
      await work(isCurrent);
    } catch (error) {
      if (isCurrent() && !isVitrineError(error, "Cancelled")) this.error = messageOf(error);
    } finally {
      if (isCurrent()) this.progress = this.phase = undefined;
    }
  }

  async #read(
    asked: Pick<HeldCorpus, "contextSize" | "addBos">,
    from: Pick<Progress, "done" | "total">,
    isCurrent: () => boolean,
    read: (onProgress: (partial: CorpusInfo) => void) => Promise<CorpusInfo>,
  ): Promise<void> {
    const note = "tokens through the model";
    this.#show({ ...from, note });
    const info = await read(({ tokensDone, tokens, tokensPerSecond }) => {
      if (!isCurrent()) return;
      this.speed = tokensPerSecond;
      this.#show({ done: tokensDone, total: tokens, note });
    });
    // Another model was loaded meanwhile: this one's numbers are gone with it.
    if (!isCurrent()) return void this.engine.releaseCorpus(info.id);
    this.list = [...this.list.filter(({ id }) => id !== info.id), { ...info, ...asked }];
  }

  /** While texts are read nothing is kept; a pass that is stopped keeps what it saw. */
  cancel(): void {
    if (this.progress?.note === READING) {
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
