/**
 * The estimated game: coalitions that an estimator (src/shapley) asks for, in batches through the trie, up to a budget.
 *
 * First come the coalitions that everybody wants to see: all players, none, all but each, each alone. They count, and
 * so does every other coalition once: one that comes again is known. One set of coalitions is the game of the answer
 * and of every token before it.
 *
 * A token is a function of the players before it, the others are null players. An estimator does not know that, so
 * what it gives them is taken off and spread over the others evenly: the nearest estimate in which they have 0 and the
 * row still sums to what all players do together. It is never further from the truth.
 */
import type { Estimator } from "../../../shapley/estimator";
import type { ChainTokens, TokenMatrix } from "../../../protocol/chain";
import { chainLength } from "../../interp/coalitions/tokenScores";
import type { CoalitionTrie } from "../../interp/coalitions/coalitionTrie";
import { coalitionKey, presentSteps, referenceCoalitions, tokenParts } from "./players";
import type { Game, GameState } from "./state";

type Coalition = readonly boolean[];

export interface SampledGameRequest {
  readonly chain: ChainTokens;
  readonly players: readonly number[];
  readonly budget: number;
  readonly matrix: boolean;
  /** Coalitions that go through the trie at a time. */
  readonly batch: number;
  readonly estimator: (n: number, width: number) => Estimator;
}

export class SampledGame implements Game {
  readonly #n: number;
  readonly #width: number;
  readonly #estimator: Estimator;
  /** The value of each coalition, then log p of each token if asked. */
  readonly #known = new Map<string, Float64Array>();
  #isDone = false;

  constructor(
    private readonly trie: CoalitionTrie,
    private readonly ask: SampledGameRequest,
  ) {
    this.#n = ask.players.length;
    this.#width = 1 + (ask.matrix ? chainLength(ask.chain) : 0);
    this.#estimator = ask.estimator(this.#n, this.#width);
  }

  async play(onMore: () => void): Promise<void> {
    const { budget, batch } = this.ask;
    const references = referenceCoalitions(this.#n);
    for (let i = 0; i < references.length; i += batch) {
      await this.#value(references.slice(i, i + batch));
      onMore();
    }
    // What is asked again is known and costs nothing; but with few players an estimator could ask for ever.
    for (let asked = 0; asked < budget && this.#known.size < budget;) {
      const next = this.#estimator.next(Math.min(batch, budget - this.#known.size, budget - asked));
      if (next.length === 0) break;
      asked += next.length;
      await this.#value(next);
      this.#estimator.add(next.map((coalition) => this.#of(coalition)));
      onMore();
    }
    this.#isDone = true;
  }

  state(): GameState {
    const n = this.#n;
    const players = Array.from({ length: n }, (_, i) => i);
    const value = (present: (i: number) => boolean) => this.#of(players.map(present))[0] ?? NaN;
    const vAll = value(() => true);
    const vNone = value(() => false);
    const { phi, standardError, low, high } = this.#estimator.estimates();
    const ofAnswer = (numbers: Float64Array) => players.map((i) => numbers[i * this.#width] ?? NaN);
    return {
      phi: { values: ofAnswer(phi), low: ofAnswer(low), high: ofAnswer(high) },
      leaveOneOut: players.map((out) => vAll - value((i) => i !== out)),
      leaveOneIn: players.map((only) => value((i) => i === only) - vNone),
      ...{ vAll, vNone },
      ...(this.ask.matrix ? { matrix: this.#matrix(phi, standardError) } : {}),
      coalitionsDone: this.#known.size,
      coalitions: this.#isDone ? this.#known.size : this.ask.budget,
    };
  }

  #of(coalition: Coalition): Float64Array {
    return this.#known.get(coalitionKey(coalition)) ?? new Float64Array(this.#width).fill(NaN);
  }

  async #value(wanted: readonly Coalition[]): Promise<void> {
    const { chain, players } = this.ask;
    const byKey = new Map(wanted.map((coalition) => [coalitionKey(coalition), coalition]));
    const missing = [...byKey].filter(([key]) => !this.#known.has(key));
    const sums = missing.map(() => new Float64Array(this.#width));
    const { samples } = this.trie;
    const coalitions = missing.map(([, coalition]) => presentSteps(chain, players, coalition));
    for await (const block of this.trie.values(coalitions)) {
      for (const { index, value, tokens } of block) {
        const sum = sums[index];
        if (sum === undefined) continue;
        sum[0] = (sum[0] ?? 0) + value / samples;
        tokens?.forEach((logProb, i) => (sum[i + 1] = (sum[i + 1] ?? 0) + logProb / samples));
      }
    }
    missing.forEach(([key], i) => this.#known.set(key, sums[i] ?? new Float64Array()));
  }

  #matrix(phi: Float64Array, standardError: Float64Array): TokenMatrix {
    const n = this.#n;
    const width = this.#width;
    const tokens = width - 1;
    const all = this.#of(Array.from({ length: n }, () => true));
    const none = this.#of(Array.from({ length: n }, () => false));
    const matrix = {
      ...{ phi: new Float32Array(n * tokens), standardError: new Float32Array(n * tokens) },
      residual: new Float32Array(tokens),
    };
    for (const { first, count, playersBefore } of tokenParts(this.ask.chain, this.ask.players)) {
      for (let token = first; token < first + count; token++) {
        const cell = (player: number) => player * width + token + 1;
        let excess = 0;
        for (let player = playersBefore; player < n; player++) excess += phi[cell(player)] ?? NaN;
        let sum = 0;
        for (let player = 0; player < playersBefore; player++) {
          const value = (phi[cell(player)] ?? NaN) + excess / playersBefore;
          sum += value;
          matrix.phi[player * tokens + token] = value;
          matrix.standardError[player * tokens + token] = standardError[cell(player)] ?? NaN;
        }
        matrix.residual[token] = sum - ((all[token + 1] ?? NaN) - (none[token + 1] ?? NaN));
      }
    }
    return { ...matrix, tokens };
  }
}
