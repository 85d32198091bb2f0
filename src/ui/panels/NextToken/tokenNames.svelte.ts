/** Texts of token ids, asked for once each. */
import { insideTokens } from "../../../client/tokens/insideTokens";
import type { EngineApi, ModelInfo } from "../../../protocol/api";
import { tokenLabel } from "../../../client/tokens/tokenText";

export class TokenNames {
  #texts = $state.raw<ReadonlyMap<number, string>>(new Map());
  #model: ModelInfo | undefined;

  constructor(private readonly engine: Pick<EngineApi, "describeTokens">) {}

  /** Learns what is not known yet; another model's ids are other tokens. */
  async learn(ids: Iterable<number>, model: ModelInfo): Promise<void> {
    if (this.#model !== model) {
      this.#model = model;
      this.#texts = new Map();
    }
    const unknown = [...new Set(ids)].filter((id) => id < model.dVocab && !this.#texts.has(id));
    if (unknown.length === 0) return;
    const tokens = await insideTokens(this.engine, unknown);
    if (this.#model !== model) return;
    this.#texts = new Map([...this.#texts, ...tokens.map(({ id, text }) => [id, text] as const)]);
  }

  /** As it is written in labels; the id until the text is known. */
  of(id: number): string {
    const text = this.#texts.get(id);
    return text === undefined ? `#${id}` : tokenLabel(text) || `#${id}`;
  }
}
