/** What the panel asks the engine about one step: the chain with it and without it, read inside. */
import type { ModelInfo } from "../../../protocol/api";
import type { ChainTokens } from "../../../protocol/chain";
import type { DecodeResult, SaeInfo } from "../../../protocol/sae/features";
import { insideTokens } from "../../../client/tokens/insideTokens";
import type { Query, Question as Asked } from "../../state/query.svelte";
import type { Session } from "../../state/session.svelte";
import { ablatedRow, type AblatedRow } from "../../../client/chain/ablatedRow";
import {
  readAttention,
  readCodes,
  readLens,
  type Pair,
  type PartAttention,
  type StepLens,
} from "./readInside";
import type { Question } from "./question";

/** The chain that was asked about, as rows. */
export interface Inside {
  readonly question: Question;
  readonly chain: ChainTokens;
  readonly chains: Pair<AblatedRow>;
  readonly attention: Pair<PartAttention>;
  readonly lens: StepLens;
  /** Texts of every token that is named. */
  readonly textOf: (id: number) => string;
}

/** Codes of the same rows. */
export interface InsideCodes {
  readonly inside: Inside;
  readonly sae: SaeInfo;
  readonly codes: Pair<DecodeResult>;
}

export class InsideState {
  readonly inside: Query<Inside>;
  readonly codes: Query<InsideCodes>;

  constructor(private readonly session: Session) {
    this.inside = session.query();
    this.codes = session.query();
  }

  look(question: Question, model: ModelInfo): Asked<Inside> {
    const { engine, chain: state } = this.session;
    const { step, present, edits } = question;
    return async (runId) => {
      const chain = await state.tokens();
      const ablation = await state.ablation(chain);
      const row = (has: boolean) =>
        ablatedRow(
          chain,
          present.map((is, i) => (i === step ? has : is)),
          ablation,
          edits,
        );
      const chains = { with: row(true), without: row(false) };
      const span = chains.with.spans.find(({ part }) => part === step);
      if (!span) throw new Error(`The chain has no step ${step + 1}.`);
      const attention = await readAttention(engine, model, chains, runId);
      const lens = await readLens(engine, chain, chains, span, runId);
      const textOf = await this.#texts(chains, lens);
      return { question, chain, chains, attention, lens, textOf };
    };
  }

  decode(inside: Inside, sae: SaeInfo): Asked<InsideCodes> {
    const { engine } = this.session;
    return async (runId) => ({
      ...{ inside, sae },
      codes: await readCodes(engine, sae, inside.chains, runId),
    });
  }

  async #texts(chains: Pair<AblatedRow>, { step, answer }: StepLens): Promise<(id: number) => string> {
    const cells = [step, answer.with, answer.without].flatMap((lens) => lens.cells.flat());
    const read = [chains.with, chains.without].flatMap(({ prompt }) => prompt.tokens);
    const ids = [...new Set([...read, ...cells.flatMap(({ top }) => [...top.ids])])];
    const texts = await insideTokens(this.session.engine, ids);
    const known = new Map(ids.map((id, i) => [id, texts[i]?.text ?? String(id)]));
    return (id) => known.get(id) ?? String(id);
  }
}
