/** Where a visitor is in the tour. It outlives the cards on screen, so that a tour that was left can be taken up again. */
import type { Session } from "../state/session.svelte";
import { CARDS, type Card } from "./cards";
import { standing, type Before } from "./facts";

export class Tour {
  index = $state(0);
  /** What came of each card that was done, in the page's numbers. */
  results = $state.raw<readonly (string | undefined)[]>([]);
  #before: Before;

  constructor(
    private readonly session: Session,
    private readonly cards: readonly Card[] = CARDS,
  ) {
    this.#before = standing(session);
  }

  /** Undefined after the last one. */
  get card(): Card | undefined {
    return this.cards[this.index];
  }

  get count(): number {
    return this.cards.length;
  }

  /** What came of the card before this one. */
  get last(): string | undefined {
    return this.results[this.index - 1];
  }

  get blocked(): string | undefined {
    return this.card?.blocked?.(this.session);
  }

  /** Looks whether the card's action was done, and goes on if so. Call it whenever the session changes. */
  look(): void {
    const { card } = this;
    if (!card || this.blocked !== undefined) return;
    const result = card.done(this.session, this.#before);
    if (result !== undefined) this.#next(result);
  }

  skip(): void {
    this.#next(undefined);
  }

  restart(): void {
    this.index = 0;
    this.results = [];
    this.#before = standing(this.session);
  }

  #next(result: string | undefined): void {
    this.results = [...this.results.slice(0, this.index), result];
    this.index++;
    this.#before = standing(this.session);
  }
}

const tours = new WeakMap<Session, Tour>();

/** The tour of a session: the same one every time. */
export function tourOf(session: Session): Tour {
  const tour = tours.get(session) ?? new Tour(session);
  tours.set(session, tour);
  return tour;
}
