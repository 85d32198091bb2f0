/**
 * Runs of learning of one page: one can be under way, and goes on while other panels are looked at. They belong to the loaded
 * model; the engine holds what they learned.
 */
import { isVitrineError, messageOf } from "../../../protocol/errors";
import type { SaeSettings, SaeTrainingInfo } from "../../../protocol/sae/training";
import { readDocuments } from "../../../client/sae/corpusTexts";
import type { NamedTexts } from "../../../client/edits/promptSets";
import type { Session } from "../../state/session.svelte";
import { requestOf, saeName, saesOf, type TrainSettings } from "./view";

const RUN = "train-saes";

export interface HeldRun {
  readonly info: SaeTrainingInfo;
  readonly settings: TrainSettings;
  readonly saes: readonly SaeSettings[];
  readonly addBos: boolean;
}

export class TrainState {
  /** Of the model that is open, newest first; the one under way among them once it made a step. */
  runs = $state.raw<readonly HeldRun[]>([]);
  busy = $state(false);
  error = $state.raw<string | undefined>();
  /** Texts read, of how many, before the first step. */
  reading = $state.raw<{ readonly done: number; readonly total: number } | undefined>();
  /** The run that is under way. */
  activeId = $state<number | undefined>();
  #request = 0;
  #model: object | undefined;

  constructor(private readonly session: Session) {}

  /** What was learned about another model is gone with it. Call with the model that is open. */
  belongTo(model: object | undefined): void {
    if (this.#model === model) return;
    this.#model = model;
    this.#request++;
    if (this.busy) void this.session.engine.cancel(RUN);
    this.runs = [];
    this.busy = false;
    this.error = this.reading = this.activeId = undefined;
  }

  async start(settings: TrainSettings, { name, texts }: NamedTexts, addBos: boolean): Promise<void> {
    await this.#newest(async (isCurrent) => {
      const { session } = this;
      this.reading = { done: 0, total: texts.length };
      const documents = await readDocuments(
        texts,
        (text) => session.pieceTokens(text),
        (done) => {
          if (isCurrent()) this.reading = { done, total: texts.length };
          return isCurrent();
        },
      );
      if (!isCurrent()) return;
      this.reading = undefined;
      if (documents.length === 0) throw new Error(`There is no text in ${name}.`);
      const held = { settings, saes: saesOf(settings), addBos };
      const request = requestOf(settings, { name, documents, addBos });
      this.#show(
        held,
        await session.engine.trainSaes(request, RUN, (info) => isCurrent() && this.#show(held, info)),
      );
    });
  }

  /** Goes on with a run that was stopped: to its end, or for so many steps. */
  async goOn({ info: { id }, ...held }: HeldRun, steps?: number): Promise<void> {
    await this.#newest(async (isCurrent) => {
      const asked = { id, ...(steps === undefined ? {} : { steps }) };
      const { engine } = this.session;
      this.#show(
        held,
        await engine.goOnWithTraining(asked, RUN, (info) => isCurrent() && this.#show(held, info)),
      );
    });
  }

  /** A run that is stopped keeps what it learned; while texts are read there is nothing to keep. */
  stop(): void {
    if (this.reading) {
      this.#request++;
      this.reading = undefined;
      this.busy = false;
    }
    void this.session.engine.cancel(RUN);
  }

  async release({ info: { id } }: HeldRun): Promise<void> {
    this.runs = this.runs.filter(({ info }) => info.id !== id);
    await this.session.engine.releaseTraining(id);
  }

  /** Puts an autoencoder, as it is now, beside those that are attached. */
  async attach({ info: { id, step }, saes }: HeldRun, sae: number): Promise<void> {
    this.error = undefined;
    try {
      await this.session.engine.attachTrainedSae({ id, sae });
      await this.session.saes.relist();
      const name = saes[sae] ? saeName(saes[sae]) : `autoencoder ${sae + 1}`;
      const text = `${name}, as it is after step ${step.toLocaleString("en")}, is attached: its latents are under Features.`;
      this.session.message = { kind: "info", text };
    } catch (error) {
      this.error = messageOf(error);
    }
  }

  #show(held: Omit<HeldRun, "info">, info: SaeTrainingInfo): void {
    this.activeId = info.id;
    const others = this.runs.filter((run) => run.info.id !== info.id);
    this.runs = [{ ...held, info }, ...others].sort((a, b) => b.info.id - a.info.id);
  }

  async #newest(work: (isCurrent: () => boolean) => Promise<void>): Promise<void> {
    const request = ++this.#request;
    const isCurrent = () => request === this.#request;
    this.error = undefined;
    this.busy = true;
    try {
      await work(isCurrent);
    } catch (error) {
      if (isCurrent() && !isVitrineError(error, "Cancelled")) this.error = messageOf(error);
    } finally {
      if (isCurrent()) {
        this.busy = false;
        this.reading = this.activeId = undefined;
      }
    }
  }
}

const STATES = new WeakMap<Session, TrainState>();

/** The page's runs: they outlive the panel, which is taken down when another one is shown. */
export function trainStateOf(session: Session): TrainState {
  const known = STATES.get(session);
  if (known) return known;
  const state = new TrainState(session);
  STATES.set(session, state);
  return state;
}
