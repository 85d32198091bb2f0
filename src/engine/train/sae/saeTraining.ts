/**
 * Autoencoders and transcoders that learn from one stream of activations of the open model:
 *
 *   1. some documents are kept apart; the others are cut into contexts and give rows in an order that the seed decides
 *   2. every step, each autoencoder learns from the same rows; the rate follows the schedule
 *   3. now and then each is measured on the rows that were kept apart, and its state is kept as plain arrays
 *
 * It stops between any two steps. Where the device is lost it goes on from the state that was kept last; the numbers are those that
 * it would have given without. A number that is not finite ends it, and what is kept is from before.
 */
import type { Pauser } from "../../../protocol/cancel";
import { refuse } from "../../../protocol/errors";
import { showNowAndThen } from "../../../protocol/progress";
import type { SaeCurve, SaeTrainingInfo, SaeTrainingRequest } from "../../../protocol/sae/training";
import { Draws } from "../../../random/draws";
import { seedAt } from "../../../random/seedAt";
import type { TensorMemory } from "../../device/tensor";
import { Contexts } from "../../interp/activations/contexts";
import { checkIds } from "../../models/checks";
import type { Model } from "../../models/model";
import { rateAt } from "../../optim/schedule";
import { ActivationRows, readContexts, type RowsPlace, type SiteRows } from "./activationRows";
import { checkRequest } from "./checkRequest";
import { CurvePoints } from "./curvePoints";
import { measureHeldOut, rowsOf } from "./heldOut";
import { LEARNER_KERNELS, TopKLearner, trainedTopK, type TopKState, type TrainedTopK } from "./topKLearner";

const PROGRESS_MS = 200;
/** Measures on rows that were kept apart, over a whole run; and how many such rows at most. */
const MEASURES = 40;
const MOST_HELD_OUT = 4096;

/** What it goes on from. */
interface Kept {
  readonly step: number;
  readonly place: RowsPlace;
  readonly states: readonly TopKState[];
}

/** On one device. */
interface Live {
  readonly memory: TensorMemory;
  readonly rows: ActivationRows;
  readonly learners: readonly TopKLearner[];
}

export class SaeTraining {
  readonly #contexts: Contexts;
  readonly #apart: Contexts;
  readonly #curves: readonly CurvePoints[];
  #live: Live | undefined;
  #kept: Kept | undefined;
  #heldOut: { readonly rows: SiteRows; readonly count: number } | undefined;
  #step = 0;
  #elapsedMs = 0;
  #ranSteps = 0;
  #failure: string | undefined;
  #isRunning = false;

  /** Checks everything; reads nothing. `bosId`: the model's, if it has one. */
  constructor(
    private readonly id: number,
    model: Model,
    private readonly request: SaeTrainingRequest,
    bosId: number | undefined,
  ) {
    checkRequest(model, request);
    for (const tokens of request.documents) checkIds(tokens, model.config.dVocab);
    const bos = request.addBos ? bosId : undefined;
    const contexts = (documents: SaeTrainingRequest["documents"]) =>
      new Contexts(documents, request.contextSize, bos, bosId);
    const [learned, apart] = split(request);
    this.#contexts = contexts(learned);
    this.#apart = contexts(apart);
    const { countedTokens } = this.#contexts;
    if (this.#contexts.count === 0 || this.#apart.count === 0) {
      refuse(`${request.name} has too little text to keep some of it apart; give it more documents.`);
    }
    if (countedTokens < request.batch) {
      refuse(
        `${request.name} has ${countedTokens} tokens to learn from, fewer than the ${request.batch} of one step; give it more text, or take fewer tokens a step.`,
      );
    }
    this.#curves = request.saes.map(() => new CurvePoints(request.steps));
  }

  info(): SaeTrainingInfo {
    const { name, steps, schedule, batch } = this.request;
    return {
      ...{ id: this.id, name, step: this.#step, steps },
      rate: rateAt(schedule, Math.max(1, this.#step), steps),
      tokensPerSecond: this.#elapsedMs > 0 ? (1000 * batch * this.#ranSteps) / this.#elapsedMs : 0,
      tokensSeen: this.#step * batch,
      corpusTokens: this.#contexts.countedTokens,
      heldOutTokens: this.#heldOut?.count ?? 0,
      saes: this.#curves.map((curve): SaeCurve => curve.shown()),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  /** To the end, or for so many steps; stops with Cancelled between two steps. */
  async run(
    model: Model,
    mostSteps: number,
    pauser: Pauser,
    onProgress?: (partial: SaeTrainingInfo) => void,
  ): Promise<SaeTrainingInfo> {
    const { steps } = this.request;
    if (this.#isRunning) refuse(`${this.request.name} is learning already; wait, or stop it.`);
    if (this.#failure !== undefined) refuse(this.#failure);
    this.#isRunning = true;
    const showMore = showNowAndThen(onProgress, () => this.info(), PROGRESS_MS);
    try {
      const live = await this.#begin(model, pauser);
      const end = Math.min(steps, this.#step + mostSteps);
      const every = Math.max(1, Math.round(steps / MEASURES));
      while (this.#step < end) {
        await pauser.pause();
        const started = performance.now();
        await this.#learn(model, live, pauser);
        if (this.#step % every === 0 || this.#step === steps) await this.#keep(live);
        this.#elapsedMs += performance.now() - started;
        this.#ranSteps++;
        showMore();
      }
      await this.#keep(live);
      return this.info();
    } finally {
      this.#isRunning = false;
      onProgress?.(this.info());
    }
  }

  /** An autoencoder as it was when its state was last kept: at every measure, and at the end of every run. */
  async trained(index: number): Promise<TrainedTopK> {
    const settings = this.request.saes[index];
    if (!settings)
      refuse(`${this.request.name} has ${this.request.saes.length} autoencoders; there is no ${index}.`);
    // A run that was stopped has gone on since.
    if (this.#live && !this.#isRunning) await this.#keep(this.#live);
    const state = this.#kept?.states[index];
    if (!state) refuse(`${this.request.name} has not made a step yet; let it learn first.`);
    return trainedTopK(state, settings);
  }

  /** Gives its memory back; what was kept on the host goes with it. */
  free(): void {
    this.#live?.learners.forEach((learner) => learner.free());
    this.#live = undefined;
  }

  /** The learners on the device that the model is on: those that are there, or from what was kept, or new. */
  async #begin(model: Model, pauser: Pauser): Promise<Live> {
    if (this.#live?.memory === model.memory) return this.#live;
    const { saes, seed, shuffledTokens, batch } = this.request;
    await model.memory.device.prepare(LEARNER_KERNELS);
    const sites = [...new Set(saes.flatMap(({ siteIn, siteOut }) => [siteIn, siteOut]))];
    const settings = { blockRows: Math.max(batch, shuffledTokens), seed: seedAt(seed, 1) };
    const rows = new ActivationRows(this.#contexts, sites, settings, this.#kept?.place);
    this.#heldOut ??= await this.#readApart(model, sites, pauser);
    const kept = this.#kept;
    const learners: TopKLearner[] = [];
    if (kept) {
      this.#step = kept.step;
      for (const curve of this.#curves) curve.cutAfter(kept.step);
      saes.forEach((sae, n) => {
        const state = kept.states[n];
        if (state) learners.push(TopKLearner.resume(model.memory, sae, state));
      });
    } else {
      // What activations are like, before any of them is learned from: those that come first.
      const first = await new ActivationRows(this.#contexts, sites, settings).next(model, batch, pauser);
      for (const sae of saes) learners.push(TopKLearner.begin(model.memory, sae, rowsOf(first, sae, batch)));
    }
    return (this.#live = { memory: model.memory, rows, learners });
  }

  async #readApart(model: Model, sites: readonly string[], pauser: Pauser) {
    await pauser.pause();
    const numbers: number[] = [];
    let tokens = 0;
    for (let n = 0; n < this.#apart.count && tokens < MOST_HELD_OUT; n++) {
      tokens += this.#apart.length(n);
      numbers.push(n);
    }
    return readContexts(model, this.#apart, numbers, sites);
  }

  async #learn(model: Model, { rows, learners }: Live, pauser: Pauser): Promise<void> {
    const { saes, batch, steps, schedule, clip, name } = this.request;
    const next = await rows.next(model, batch, pauser);
    const step = this.#step + 1;
    const at = { step, rate: rateAt(schedule, step, steps) };
    for (const [n, learner] of learners.entries()) {
      const sae = saes[n];
      if (!sae) continue;
      const numbers = await learner.step(rowsOf(next, sae, batch), at, clip);
      if (!Number.isFinite(numbers.loss + numbers.gradientLength)) {
        this.#failure = `${name}, autoencoder ${n + 1}: step ${step} gave a loss of ${numbers.loss} and a gradient of length ${numbers.gradientLength}; a smaller rate may help. What is kept is from step ${this.#kept?.step ?? 0}.`;
        refuse(this.#failure);
      }
      this.#curves[n]?.add({ step, ...numbers });
    }
    this.#step = step;
  }

  /** Measures and remembers where everything stands, unless that was done already. */
  async #keep({ rows, learners }: Live): Promise<void> {
    if (this.#failure !== undefined || this.#kept?.step === this.#step) return;
    const heldOut = this.#heldOut;
    const states: TopKState[] = [];
    for (const [n, learner] of learners.entries()) {
      const sae = this.request.saes[n];
      if (heldOut && sae) {
        const found = await measureHeldOut(learner, rowsOf(heldOut.rows, sae, heldOut.count));
        this.#curves[n]?.measured({ step: this.#step, ...found });
      }
      states.push(await learner.state());
    }
    this.#kept = { step: this.#step, place: rows.place, states };
  }
}

/** Documents to learn from, and those that are kept apart: at least one, drawn by the seed. */
function split({ documents, heldOut, seed }: SaeTrainingRequest) {
  const order = new Draws(seedAt(seed, 0)).order(documents.length);
  const apart = new Set(order.slice(0, Math.max(1, Math.round(heldOut * documents.length))));
  return [documents.filter((_, n) => !apart.has(n)), documents.filter((_, n) => apart.has(n))] as const;
}
