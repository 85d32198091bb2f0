/** Players of a chain game: which steps they are, and what a coalition of them is in steps. */
import { MAX_EXACT_STEPS, type ChainGameRequest, type ChainTokens } from "../../../protocol/chain";
import { refuse } from "../../../protocol/errors";

/** Steps that are players, in text order. */
export function playersOf({ chain, players, estimator, budget }: ChainGameRequest): number[] {
  const steps = chain.steps.length;
  const chosen = players ? [...players] : Array.from({ length: steps }, (_, i) => i);
  const bad = chosen.find((step) => !(Number.isInteger(step) && step >= 0 && step < steps));
  if (bad !== undefined) refuse(`step ${bad} was named as a player; the chain has steps 0 to ${steps - 1}`);
  if (chosen.some((step, i) => i > 0 && step <= (chosen[i - 1] ?? 0)))
    refuse("players must be named in the order of the text, each once");
  const n = chosen.length;
  if (n === 0) refuse("A game needs at least one player; name a step.");
  if (estimator === "exact") {
    if (n > MAX_EXACT_STEPS)
      refuse(
        `Exact Shapley values need 1 to ${MAX_EXACT_STEPS} players; this game has ${n}. Merge some steps, or estimate.`,
      );
    return chosen;
  }
  const least = referenceCoalitions(n).length;
  if (!(Number.isInteger(budget) && budget >= least))
    refuse(`The budget is ${budget} coalitions; ${n} players need at least ${least}.`);
  return chosen;
}

/** Which steps are present where these players are: those that are no players always are. */
export function presentSteps(
  chain: ChainTokens,
  players: readonly number[],
  coalition: readonly boolean[],
): boolean[] {
  const present = chain.steps.map(() => true);
  players.forEach((step, i) => (present[step] = coalition[i] === true));
  return present;
}

/** All players, none, all but each, each alone; without repeats. */
export function referenceCoalitions(n: number): boolean[][] {
  const players = Array.from({ length: n }, (_, i) => i);
  const all = [
    players.map(() => true),
    players.map(() => false),
    ...players.map((out) => players.map((i) => i !== out)),
    ...players.map((only) => players.map((i) => i === only)),
  ];
  return [...new Map(all.map((coalition) => [coalitionKey(coalition), coalition])).values()];
}

export function coalitionKey(coalition: readonly boolean[]): string {
  return coalition.map(Number).join("");
}

/** A stretch of the chain's tokens, and how many players stand before it: only they can matter to it. */
export interface TokenPart {
  readonly first: number;
  readonly count: number;
  readonly playersBefore: number;
}

/** The steps, and the cue with the answer behind it. */
export function tokenParts(
  { steps, answerPrefix, answer }: ChainTokens,
  players: readonly number[],
): TokenPart[] {
  const lengths = [...steps.map(({ length }) => length), answerPrefix.length + answer.length];
  let first = 0;
  return lengths.map((count, part) => {
    const playersBefore = players.filter((step) => step < part).length;
    const own = { first, count, playersBefore };
    first += count;
    return own;
  });
}
