/** Asks the engine for both sides: their tokens aligned, then what the models expect after each pair. */
import type { CompareResult, Prediction } from "../../../protocol/analysis";
import type { DeviceInfo, EngineApi } from "../../../protocol/api";
import type { RunId } from "../../../protocol/progress";
import { alignByPosition, alignByToken, pairsOf, type Column, type Pair } from "./align";
import {
  isSameQuestion,
  promptOf,
  readSide,
  sharesTokens,
  sideWords,
  type Side,
  type SideQuestion,
} from "./sides";

export interface Aligned {
  readonly left: Side;
  readonly right: Side;
  readonly columns: readonly Column[];
  readonly pairs: readonly Pair[];
  readonly by: "token" | "position";
  /** What the reader should know of the alignment, if anything. */
  readonly note?: string;
}

export interface Compared {
  readonly aligned: Aligned;
  readonly result: CompareResult;
}

/** Tokens listed of each distribution. */
const TOP = 40;

export async function alignSides(
  engine: EngineApi,
  questions: readonly [SideQuestion, SideQuestion],
  by: Aligned["by"],
): Promise<Aligned> {
  const [left, right] = await Promise.all([readSide(engine, questions[0]), readSide(engine, questions[1])]);
  const isSame = sharesTokens(left.info, right.info);
  const keys = ({ tokens }: Side) => tokens.map(({ id, text }) => (isSame ? id : text));
  const byToken = by === "token" ? alignByToken<string | number>(keys(left), keys(right)) : undefined;
  const columns = byToken ?? alignByPosition(left.tokens.length, right.tokens.length);
  const pairs = pairsOf(columns);
  const note = !byToken && by === "token" ? "The texts are too long to align by token." : undefined;
  if (pairs.length === 0)
    throw new Error("No token of one side has a partner on the other: align by position.");
  return { left, right, columns, pairs, by: byToken ? "token" : "position", ...(note && { note }) };
}

export async function compareSides(engine: EngineApi, aligned: Aligned, runId: RunId): Promise<Compared> {
  const { left, right, pairs } = aligned;
  const result = await engine.compare({ base: promptOf(left), other: promptOf(right), pairs, k: TOP }, runId);
  return { aligned, result };
}

/** Ids that lists of fewer tokens than asked for end with. */
const NO_TOKEN = 0xffffffff;

/** Texts of the tokens that one prediction lists, as they read after `before`. */
export async function textsOf(
  engine: Pick<EngineApi, "describeTokens">,
  { top }: Prediction,
  before: number,
  { slot }: Side,
): Promise<ReadonlyMap<number, string>> {
  const ids = [...top.ids].filter((id) => id !== NO_TOKEN);
  // Each is described after the token that it would follow, so that its space shows.
  const described = await engine.describeTokens(
    ids.flatMap((id) => [before, id]),
    slot,
  );
  return new Map(ids.map((id, i) => [id, described[2 * i + 1]?.text ?? String(id)]));
}

/** What was compared, in one line: under every view and in every export. */
export function captionOf(
  { left, right, pairs, by }: Aligned,
  device: DeviceInfo | undefined,
  ...parts: readonly string[]
): string {
  const same = isSameQuestion(left, right) ? "both sides are the same" : "";
  const on = device ? `device ${device.kind === "webgpu" ? device.label : "CPU"}` : "";
  const aligned = `aligned by ${by}, n = ${pairs.length} pairs`;
  return [`left: ${sideWords(left)}`, `right: ${sideWords(right)}`, same, aligned, ...parts, on]
    .filter(Boolean)
    .join(" · ");
}
