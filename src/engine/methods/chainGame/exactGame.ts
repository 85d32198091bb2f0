/**
 * The exact game: all 2^n coalitions, by the trie.
 *
 * log p of a token depends on the players before it alone, so its game has 2^m coalitions of those m players, and the
 * others are null players: what they do to it is exactly 0. In resample mode every value is the mean over the samples.
 */
import { banzhafFromValues } from "../../../shapley/banzhaf";
import { leaveOneIn, leaveOneOut, presentPlayers, shapleyFromValues } from "../../../shapley/exact";
import { interactionsFromValues } from "../../../shapley/interactions";
import type { ChainTokens, TokenMatrix } from "../../../protocol/chain";
import { CoalitionMeans } from "./coalitionMeans";
import type { CoalitionTrie, CoalitionValue } from "../../interp/coalitions/coalitionTrie";
import { presentSteps, tokenParts, type TokenPart } from "./players";
import type { Game, GameState } from "./state";

export class ExactGame implements Game {
  readonly #n: number;
  readonly #coalitions: boolean[][];
  readonly #means: CoalitionMeans;
  readonly #tokens: TokenGames | undefined;

  constructor(
    private readonly trie: CoalitionTrie,
    chain: ChainTokens,
    players: readonly number[],
    matrix: boolean,
  ) {
    const n = players.length;
    this.#n = n;
    this.#coalitions = Array.from({ length: 2 ** n }, (_, coalition) =>
      presentSteps(chain, players, presentPlayers(coalition, n)),
    );
    this.#means = new CoalitionMeans(2 ** n, trie.samples);
    this.#tokens = matrix ? new TokenGames(tokenParts(chain, players), n, trie.samples) : undefined;
  }

  async play(onMore: () => void): Promise<void> {
    for await (const block of this.trie.values(this.#coalitions)) {
      for (const one of block) {
        this.#means.add(one);
        this.#tokens?.add(one);
      }
      onMore();
    }
  }

  state(): GameState {
    const { values, done } = this.#means;
    const n = this.#n;
    const isDone = done === values.length;
    const phi = shapleyFromValues(values, n);
    // What is still missing has no known spread.
    const bounds = isDone ? phi : phi.map(() => NaN);
    return {
      phi: { values: phi, low: bounds, high: bounds },
      leaveOneOut: leaveOneOut(values, n),
      leaveOneIn: leaveOneIn(values, n),
      ...(isDone
        ? { banzhaf: banzhafFromValues(values, n), interactions: interactionsFromValues(values, n) }
        : {}),
      vAll: values[values.length - 1] ?? NaN,
      vNone: values[0] ?? NaN,
      ...(this.#tokens ? { matrix: this.#tokens.matrix() } : {}),
      coalitionsDone: done,
      coalitions: values.length,
    };
  }
}

/** The games of all tokens: for each part a table of means [token, coalition of the players before]. */
class TokenGames {
  readonly #parts: readonly (TokenPart & {
    readonly means: readonly CoalitionMeans[];
    readonly seen: Uint8Array;
  })[];

  constructor(
    parts: readonly TokenPart[],
    private readonly n: number,
    private readonly samples: number,
  ) {
    this.#parts = parts.map((part) => ({
      ...part,
      means: Array.from({ length: part.count }, () => new CoalitionMeans(2 ** part.playersBefore, samples)),
      seen: new Uint8Array(2 ** part.playersBefore * samples),
    }));
  }

  /** Coalitions that agree on the players before a part say the same about it: the first one counts. */
  add({ index, sample, tokens }: CoalitionValue): void {
    for (const { first, playersBefore, means, seen } of this.#parts) {
      const before = index & (2 ** playersBefore - 1);
      const place = before * this.samples + sample;
      if (seen[place] === 1) continue;
      seen[place] = 1;
      means.forEach((mean, i) => mean.add({ index: before, value: tokens?.[first + i] ?? NaN }));
    }
  }

  matrix(): TokenMatrix {
    const tokens = this.#parts.reduce((sum, { count }) => sum + count, 0);
    const phi = new Float32Array(this.n * tokens);
    const residual = new Float32Array(tokens);
    for (const { first, playersBefore, means } of this.#parts) {
      means.forEach(({ values }, i) => {
        const own = shapleyFromValues(values, playersBefore);
        own.forEach((value, player) => (phi[player * tokens + first + i] = value));
        const effect = (values[values.length - 1] ?? NaN) - (values[0] ?? NaN);
        residual[first + i] = own.reduce((sum, value) => sum + value, 0) - effect;
      });
    }
    return { phi, tokens, standardError: new Float32Array(phi.length), residual };
  }
}
