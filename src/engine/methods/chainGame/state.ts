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
  /** Values coalitions until the end; says whenever there are new ones. */
  play(onMore: () => void): Promise<void>;
  state(): GameState;
}
