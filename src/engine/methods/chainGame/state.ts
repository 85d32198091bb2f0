/** What a game knows so far: the part of its result that is not the request or the trie's account. */
import type { ChainGameResult } from "../../../protocol/chain";

export type GameState = Pick<
  ChainGameResult,
  | "phi"
  | "leaveOneOut"
  | "leaveOneIn"
  | "banzhaf"
  | "interactions"
  | "vAll"
  | "vNone"
  | "matrix"
  | "coalitionsDone"
  | "coalitions"
>;

export interface Game {
  /** Values coalitions until the end; every yield is an occasion to look at the state. */
  play(): AsyncGenerator<void>;
  state(): GameState;
}
