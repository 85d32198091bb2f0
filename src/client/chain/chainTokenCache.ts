/** The tokens of the newest chains: a toggle, a game and the strip all want those of one text. */
import type { EngineApi, ModelInfo } from "../../protocol/api";
import type { ChainText, ChainTokens } from "../../protocol/chain";

/** A chain, and a few possible answers of it. */
const KEPT = 16;

export class ChainTokenCache {
  #model: ModelInfo | undefined;
  readonly #known = new Map<string, Promise<ChainTokens>>();

  constructor(private readonly engine: Pick<EngineApi, "tokenizeChain">) {}

  /** A model that was loaded anew or given a tokenizer reads everything anew. */
  of(model: ModelInfo | undefined, chain: ChainText, addBos: boolean): Promise<ChainTokens> {
    if (model !== this.#model) this.#known.clear();
    this.#model = model;
    const by = JSON.stringify([chain, addBos]);
    const known = this.#known.get(by);
    if (known) return known;
    const tokens = this.engine.tokenizeChain(chain, addBos);
    if (this.#known.size >= KEPT) this.#known.clear();
    this.#known.set(by, tokens);
    // What failed is asked again next time.
    tokens.catch(() => this.#known.delete(by));
    return tokens;
  }
}
