/** The learning rate over a run: up from 0 in the first steps, level, and down to 0 in the last. */
export interface Schedule {
  /** The rate while it is level. */
  readonly rate: number;
  /** Steps that it rises for. */
  readonly warmUp: number;
  /** Share of the run, at its end, that it falls for, in a straight line: 0 to 1. */
  readonly decay: number;
}

/** The rate of step `step` (from 1) of `steps`. */
export function rateAt({ rate, warmUp, decay }: Schedule, step: number, steps: number): number {
  const up = warmUp > 0 ? step / warmUp : 1;
  const down = decay > 0 ? (steps - step + 1) / (decay * steps) : 1;
  return rate * Math.min(1, up, down);
}

/** What gradients are multiplied by so that their length is at most `most`. */
export function clipScale(length: number, most: number): number {
  return length > most ? most / length : 1;
}
