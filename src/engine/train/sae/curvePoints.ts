/** A learning curve that stays short: from where there are more points than fit, one in two, in four, and so on is kept. */
import type { SaeCurve, SaeHeldOutPoint, SaeStepPoint } from "../../../protocol/sae/training";

const MOST_POINTS = 500;

export class CurvePoints {
  readonly #every: number;
  #points: SaeStepPoint[] = [];
  #heldOut: SaeHeldOutPoint[] = [];

  /** Which steps are shown depends on how many there will be, so that a run that goes on shows the same. */
  constructor(steps: number) {
    this.#every = 2 ** Math.max(0, Math.ceil(Math.log2(steps / MOST_POINTS)));
  }

  add(point: SaeStepPoint): void {
    if (point.step === 1 || point.step % this.#every === 0) this.#points.push(point);
  }

  measured(point: SaeHeldOutPoint): void {
    this.#heldOut.push(point);
  }

  /** Forgets what came after a step: it is learned again. */
  cutAfter(step: number): void {
    this.#points = this.#points.filter((point) => point.step <= step);
    this.#heldOut = this.#heldOut.filter((point) => point.step <= step);
  }

  shown(): SaeCurve {
    return { points: [...this.#points], heldOut: [...this.#heldOut] };
  }
}
