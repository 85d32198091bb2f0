/** The Jacobian lenses that the engine holds for the loaded model: fitted, opened from files, exported, let go. */
import type { EngineApi } from "../../protocol/api";
import { isVitrineError, messageOf } from "../../protocol/errors";
import type { LensInfo } from "../../protocol/gradients/lenses";
import type { NamedTexts } from "../../client/edits/promptSets";
import type { CorpusOwner } from "./corpora.svelte";

const RUN = "jacobian-lens";

export interface LensFit {
  readonly texts: NamedTexts;
  /** Tokens of a context, with what stands before it. */
  readonly longest: number;
  readonly before: readonly number[];
  readonly skipFirst: number;
}

/** A fit that reads its texts has no lens yet. */
export interface FitProgress {
  readonly done: number;
  readonly total: number;
  readonly lens?: LensInfo;
}

export class Lenses {
  /** Oldest first. */
  list = $state.raw<readonly LensInfo[]>([]);
  progress = $state.raw<FitProgress | undefined>();
  error = $state.raw<string | undefined>();
  /** One that just came: the panel shows it. */
  arrived = $state.raw<LensInfo | undefined>();
  #request = 0;

  constructor(
    private readonly engine: EngineApi,
    /** Whose they are; the session. */
    private readonly owner: CorpusOwner,
  ) {}

  get busy(): boolean {
    return this.progress !== undefined;
  }

  /** After a model was loaded: those of the one before are gone. */
  async refresh(): Promise<void> {
    this.#request++;
    if (this.busy) void this.engine.cancel(RUN);
    this.progress = this.error = this.arrived = undefined;
    await this.#list();
  }

  /** Reads the texts' tokens, then fits. */
  async fit({ texts, longest, before, skipFirst }: LensFit): Promise<void> {
    await this.#newest(async (isCurrent) => {
      this.progress = { done: 0, total: texts.texts.length };
      const { lensContexts } = await import("../../client/lens/lensTexts");
      const read = await lensContexts(
        ...([texts, longest, before] as const),
        (text) => this.owner.pieceTokens(text),
        isCurrent,
      );
      if (!isCurrent()) return undefined;
      const request = { ...read, before, skipFirst };
      return this.engine.fitJacobianLens(request, RUN, (lens) => this.#show(lens, isCurrent));
    });
  }

  /** Goes on with a fit that was stopped. */
  async goOn({ id }: LensInfo): Promise<void> {
    await this.#newest((isCurrent) =>
      this.engine.goOnFitting(id, RUN, (lens) => this.#show(lens, isCurrent)),
    );
  }

  /** Answers what was opened. */
  async open(files: readonly File[]): Promise<readonly LensInfo[]> {
    this.error = undefined;
    try {
      const opened = await this.engine.openLenses(files, RUN);
      await this.#list();
      this.arrived = opened.at(-1);
      return opened;
    } catch (error) {
      this.error = messageOf(error);
      return [];
    }
  }

  async release(id: number): Promise<void> {
    await this.engine.releaseLens(id);
    await this.#list();
  }

  /** A fit that is stopped is a lens of the texts so far; before the first of them there is nothing to keep. */
  cancel(): void {
    void this.engine.cancel(RUN);
    if (this.progress?.lens !== undefined) return;
    this.#request++;
    this.progress = undefined;
  }

  async #newest(work: (isCurrent: () => boolean) => Promise<LensInfo | undefined>): Promise<void> {
    const request = ++this.#request;
    const isCurrent = () => request === this.#request;
    this.error = undefined;
    try {
      const lens = await work(isCurrent);
      await this.#list();
      if (!isCurrent()) return;
      this.arrived = this.list.find(({ id }) => id === lens?.id);
    } catch (error) {
      if (isCurrent() && !isVitrineError(error, "Cancelled")) this.error = messageOf(error);
    } finally {
      if (isCurrent()) this.progress = undefined;
    }
  }

  #show(lens: LensInfo, isCurrent: () => boolean): void {
    const { texts, shortTexts = 0, allTexts = 0 } = lens;
    if (isCurrent()) this.progress = { done: texts + shortTexts, total: allTexts, lens };
  }

  /** What is as it was stays the same object: views ask nothing anew because another one came. */
  async #list(): Promise<void> {
    const known = new Map(this.list.map((lens) => [JSON.stringify(lens), lens]));
    this.list = (await this.engine.lenses()).map((lens) => known.get(JSON.stringify(lens)) ?? lens);
  }
}
