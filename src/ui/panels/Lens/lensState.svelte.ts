/**
 * What the panel asks the engine: which tokens it is about, the lens over the window of positions, the lens at the
 * pinned position, and the parts of the logit there. Each answer says what it is the answer to, so that what is on
 * screen stays together while the next one is computed.
 */
import type { AttributionResult, LensResult } from "../../../protocol/analysis";
import type { TokenInfo } from "../../../protocol/api";
import type { LensInfo } from "../../../protocol/gradients/lenses";
import type { EditedPrompt } from "../../../protocol/interventions";
import type { Query, Question } from "../../state/query.svelte";
import { withTokenEdits } from "../../../client/tokens/readTokens";
import type { Session } from "../../state/session.svelte";
import { tokenLabel } from "../../../client/tokens/tokenText";
import { followedTokens, tokenTexts, type Targets, type TextOf } from "../../../client/tokens/tokenTargets";
import type { Both } from "./view";

export interface LensAnswer extends Both<LensResult> {
  readonly prompt: EditedPrompt;
  readonly textOf: TextOf;
  /** Labels of the positions. */
  readonly tokens: readonly string[];
  readonly targets: readonly TokenInfo[];
  /** What the stream was read through; absent: the logit lens. */
  readonly lens?: LensInfo;
}

/** The same stream read both ways at the pinned position, under the edits. */
export interface TracksAnswer {
  readonly prompt: EditedPrompt;
  readonly position: number;
  readonly targets: readonly TokenInfo[];
  readonly lens: LensInfo;
  readonly logit: LensResult;
  readonly jacobian: LensResult;
}

export interface PartsAnswer extends Both<AttributionResult> {
  readonly targets: Targets;
}

/** Tokens in the list of a cell. */
const LISTED = 10;

export class LensState {
  readonly targets: Query<Targets>;
  readonly grid: Query<LensAnswer>;
  readonly column: Query<LensAnswer>;
  readonly parts: Query<PartsAnswer>;
  readonly tracks: Query<TracksAnswer>;

  constructor(private readonly session: Session) {
    this.targets = session.query();
    this.grid = session.query();
    this.column = session.query();
    this.parts = session.query();
    this.tracks = session.query();
  }

  get #engine() {
    return this.session.engine;
  }

  get busy(): boolean {
    return [this.targets, this.grid, this.column, this.parts, this.tracks].some(({ busy }) => busy);
  }

  /** What is typed, or what the model without edits expects most at the position. */
  findTargets(
    prompt: EditedPrompt,
    position: number,
    typed: { target: string; minus: string },
  ): Question<Targets> {
    return () => followedTokens(this.session, prompt, position, typed);
  }

  /** The lens at many positions; the colour may need a target. */
  readGrid(
    prompt: EditedPrompt,
    positions: readonly number[],
    target: TokenInfo | undefined,
    lens?: LensInfo,
  ): Question<LensAnswer> {
    return (runId) => this.#lens(prompt, positions, target ? [target] : [], lens, runId);
  }

  /** The lens at the pinned position, with the targets. */
  readColumn({ prompt, position, target, minus }: Targets, lens?: LensInfo): Question<LensAnswer> {
    const targets = minus ? [target, minus] : [target];
    return (runId) => this.#lens(prompt, [position], targets, lens, runId);
  }

  /** Both lenses at the pinned position. */
  readTracks({ prompt, position, target, minus }: Targets, lens: LensInfo): Question<TracksAnswer> {
    const targets = minus ? [target, minus] : [target];
    const ask = { prompt, positions: [position], targets: targets.map(({ id }) => id), k: 1 };
    return async (runId) => ({
      ...{ prompt, position, targets, lens },
      logit: await this.#engine.logitLens(ask, runId),
      jacobian: await this.#engine.logitLens({ ...ask, lens: lens.id }, runId),
    });
  }

  readParts(targets: Targets): Question<PartsAnswer> {
    const { prompt, position, target, minus } = targets;
    const ask = { position, target: target.id, ...(minus && { minus: minus.id }) };
    return async () => ({
      targets,
      ...(await this.#both(prompt, (p) => this.#engine.attribution({ prompt: p, ...ask }))),
    });
  }

  /** The answer under edits, and where there are any the same without. */
  async #both<T>(
    { tokens, edits = [] }: EditedPrompt,
    ask: (prompt: EditedPrompt) => Promise<T>,
  ): Promise<Both<T>> {
    const now = await ask({ tokens, edits });
    return edits.length > 0 ? { now, baseline: await ask({ tokens }) } : { now };
  }

  async #lens(
    prompt: EditedPrompt,
    positions: readonly number[],
    targets: readonly TokenInfo[],
    lens: LensInfo | undefined,
    runId: string,
  ): Promise<LensAnswer> {
    const labels = this.#labels(prompt, positions);
    const ids = targets.map(({ id }) => id);
    const asked = { positions, targets: ids, k: LISTED, ...(lens && { lens: lens.id }) };
    const both = await this.#both(prompt, (one) => this.#engine.logitLens({ prompt: one, ...asked }, runId));
    const texts = await this.#texts(both);
    return { ...both, prompt, targets, tokens: labels, textOf: texts, ...(lens && { lens }) };
  }

  /** Tokens as the model reads them. */
  #labels({ edits = [] }: EditedPrompt, positions: readonly number[]): string[] {
    const read = withTokenEdits(this.session.tokens, edits);
    return positions.map((position) => tokenLabel(read[position]?.text ?? ""));
  }

  /** The texts of every token in an answer. */
  #texts({ now, baseline }: Both<LensResult>): Promise<TextOf> {
    const cells = [...now.cells, ...(baseline?.cells ?? [])].flat();
    return tokenTexts(
      this.#engine,
      cells.flatMap(({ top }) => [...top.ids]),
    );
  }
}
