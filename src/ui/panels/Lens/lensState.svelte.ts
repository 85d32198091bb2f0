/**
 * What the panel asks the engine: which tokens it is about, the lens over the window of positions, the lens at the
 * pinned position, and the parts of the logit there. Each answer says what it is the answer to, so that what is on
 * screen stays together while the next one is computed.
 */
import type { AttributionResult, LensResult } from "../../../protocol/analysis";
import type { TokenInfo } from "../../../protocol/api";
import type { EditedPrompt } from "../../../protocol/interventions";
import { insideTokens } from "../../session/insideTokens";
import { Latest } from "../../session/latest.svelte";
import { withTokenEdits } from "../../session/readTokens";
import type { Session } from "../../session/session.svelte";
import { tokenLabel } from "../../session/tokenText";
import type { Both, TextOf } from "./view";

/** The tokens that are followed, at one position of one prompt. */
export interface Targets {
  readonly prompt: EditedPrompt;
  readonly position: number;
  readonly target: TokenInfo;
  readonly minus: TokenInfo | undefined;
  /** Where what was typed is more than one token. */
  readonly note: string | undefined;
}

export interface LensAnswer extends Both<LensResult> {
  readonly prompt: EditedPrompt;
  readonly textOf: TextOf;
  /** Labels of the positions. */
  readonly tokens: readonly string[];
  readonly targets: readonly TokenInfo[];
}

export interface PartsAnswer extends Both<AttributionResult> {
  readonly targets: Targets;
}

/** Tokens in the list of a cell. */
const LISTED = 10;

export class LensState {
  readonly targets: Latest<Targets>;
  readonly grid: Latest<LensAnswer>;
  readonly column: Latest<LensAnswer>;
  readonly parts: Latest<PartsAnswer>;

  constructor(private readonly session: Session) {
    const make = <T>() => new Latest<T>((id) => session.engine.cancel(id));
    this.targets = make();
    this.grid = make();
    this.column = make();
    this.parts = make();
  }

  get #engine() {
    return this.session.engine;
  }

  get busy(): boolean {
    return [this.targets, this.grid, this.column, this.parts].some(({ busy }) => busy);
  }

  clear(): void {
    for (const answer of [this.targets, this.grid, this.column, this.parts]) answer.clear();
  }

  /** What is typed, or what the model without edits expects most at the position. */
  findTargets(prompt: EditedPrompt, position: number, typed: { target: string; minus: string }): void {
    void this.targets.ask(async () => {
      const target = await this.#named(typed.target);
      const minus = await this.#named(typed.minus);
      const notes = [target?.note, minus?.note].filter((note) => note !== undefined);
      return {
        prompt,
        position,
        target: target?.token ?? (await this.#expected(prompt, position)),
        minus: minus?.token,
        note: notes.length > 0 ? notes.join(" ") : undefined,
      };
    });
  }

  /** The lens at many positions; the colour may need a target. */
  readGrid(prompt: EditedPrompt, positions: readonly number[], target: TokenInfo | undefined): void {
    void this.grid.ask((runId) => this.#lens(prompt, positions, target ? [target] : [], runId));
  }

  /** The lens at the pinned position, with the targets. */
  readColumn({ prompt, position, target, minus }: Targets): void {
    const targets = minus ? [target, minus] : [target];
    void this.column.ask((runId) => this.#lens(prompt, [position], targets, runId));
  }

  readParts(targets: Targets): void {
    const { prompt, position, target, minus } = targets;
    const ask = { position, target: target.id, ...(minus && { minus: minus.id }) };
    void this.parts.ask(async () => ({
      targets,
      ...(await this.#both(prompt, (p) => this.#engine.attribution({ prompt: p, ...ask }))),
    }));
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
    runId: string,
  ): Promise<LensAnswer> {
    const labels = this.#labels(prompt, positions);
    const ids = targets.map(({ id }) => id);
    const both = await this.#both(prompt, (one) =>
      this.#engine.logitLens({ prompt: one, positions, targets: ids, k: LISTED }, runId),
    );
    return { ...both, prompt, targets, tokens: labels, textOf: await this.#texts(both) };
  }

  /** Tokens as the model reads them. */
  #labels({ edits = [] }: EditedPrompt, positions: readonly number[]): string[] {
    const read = withTokenEdits(this.session.tokens, edits);
    return positions.map((position) => tokenLabel(read[position]?.text ?? ""));
  }

  /** The texts of every token in an answer. */
  async #texts({ now, baseline }: Both<LensResult>): Promise<TextOf> {
    const cells = [...now.cells, ...(baseline?.cells ?? [])].flat();
    const ids = [...new Set(cells.flatMap(({ top }) => [...top.ids]))];
    const texts = await insideTokens(this.#engine, ids);
    const textOf = new Map(ids.map((id, i) => [id, texts[i]?.text ?? String(id)]));
    return (id) => textOf.get(id) ?? String(id);
  }

  async #expected({ tokens }: EditedPrompt, position: number): Promise<TokenInfo> {
    const { top } = await this.#engine.run({ rows: [{ tokens }], top: [{ row: 0, position, k: 1 }] });
    const id = top[0]?.ids[0] ?? 0;
    const [info] = await insideTokens(this.#engine, [id]);
    return info ?? { id, text: String(id), special: false };
  }

  /** The token that a text names: its first, or "#id". */
  async #named(text: string): Promise<{ token: TokenInfo; note?: string } | undefined> {
    if (text === "") return undefined;
    const byId = /^#?(\d+)$/.exec(text.trim());
    if (byId && (text.trim().startsWith("#") || !this.session.model?.hasTokenizer)) {
      const [token] = await insideTokens(this.#engine, [Number(byId[1])]);
      return token && { token };
    }
    const found = await this.#engine.tokenize(text, false);
    const [token] = found;
    if (!token) return undefined;
    const note = `“${text}” is ${found.length} tokens; the first is followed.`;
    return found.length > 1 ? { token, note } : { token };
  }
}
