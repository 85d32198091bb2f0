/** What the panel asks the engine about one autoencoder: codes under the edits and without, quality, the curve over k. */
import type {
  CodeCurveResult,
  DecodeRequest,
  DecodeResult,
  LatentResult,
  SaeInfo,
  SpliceResult,
} from "../../../protocol/features";
import type { EditedPrompt } from "../../../protocol/interventions";
import { insideTokens } from "../../session/insideTokens";
import { Latest } from "../../session/latest.svelte";
import { withTokenEdits } from "../../session/readTokens";
import type { Session } from "../../session/session.svelte";
import { tokenLabel } from "../../session/tokenText";
import { curveKs } from "./view";

/** Most latents listed for a position; a TopK code is listed whole. */
const LISTED = 64;
const MOST_LISTED = 512;

export interface Decoded {
  readonly prompt: EditedPrompt;
  readonly sae: SaeInfo;
  readonly k: number | undefined;
  readonly prefix: number | undefined;
  readonly now: DecodeResult;
  readonly baseline?: DecodeResult;
  readonly tokens: readonly string[];
  /** Positions that means are over: all but BOS. */
  readonly isCounted: readonly boolean[];
}

/** A latent by its weights. */
export interface LatentPage {
  readonly sae: SaeInfo;
  readonly latent: number;
  readonly result: LatentResult;
  readonly textOf: ReadonlyMap<number, string>;
}

/** Tokens and neighbours that are listed. */
const K = 8;

export class FeaturesState {
  readonly decoded: Latest<Decoded>;
  readonly splice: Latest<SpliceResult>;
  readonly curve: Latest<CodeCurveResult>;
  readonly page: Latest<LatentPage>;

  constructor(private readonly session: Session) {
    const make = <T>() => new Latest<T>((id) => session.engine.cancel(id));
    this.decoded = make();
    this.splice = make();
    this.curve = make();
    this.page = make();
  }

  decode(prompt: EditedPrompt, sae: SaeInfo, k: number | undefined, prefix: number | undefined): void {
    const { engine, tokens, model } = this.session;
    const isTopK = sae.activation === "topk";
    const listed = Math.min(MOST_LISTED, sae.nLatents, Math.max(LISTED, k ?? sae.k ?? 0));
    const part = { ...(isTopK && k !== undefined ? { k } : {}), ...(prefix === undefined ? {} : { prefix }) };
    const ask = (one: EditedPrompt): DecodeRequest => ({ sae: sae.id, prompt: one, listed, ...part });
    void this.decoded.ask(async (runId) => {
      const now = await engine.saeDecode(ask(prompt), runId);
      const hasEdits = (prompt.edits?.length ?? 0) > 0;
      const baseline = hasEdits ? await engine.saeDecode(ask({ tokens: prompt.tokens }), runId) : undefined;
      const read = withTokenEdits(tokens, prompt.edits ?? []);
      return {
        ...{ prompt, sae, k, prefix, now },
        ...(baseline && { baseline }),
        tokens: read.map(({ text }) => tokenLabel(text)),
        isCounted: prompt.tokens.map((id) => id !== model?.bosId),
      };
    });
    void this.splice.ask((runId) => engine.saeSplice({ sae: sae.id, prompt, ...part }, runId));
  }

  measureCurve(prompt: EditedPrompt, sae: SaeInfo): void {
    const { engine } = this.session;
    if (sae.activation !== "topk" || sae.k === undefined) return this.curve.clear();
    const ks = curveKs(sae.k, Math.min(MOST_LISTED, sae.nLatents));
    void this.curve.ask((runId) => engine.saeCodeCurve({ sae: sae.id, prompt, ks }, runId));
  }

  readLatent(sae: SaeInfo, latent: number): void {
    const { engine } = this.session;
    void this.page.ask(async (runId) => {
      const result = await engine.saeLatent({ sae: sae.id, latent, k: K }, runId);
      const ids = [...new Set([...result.promotes.ids, ...result.suppresses.ids])];
      const tokens = await insideTokens(engine, ids);
      return { sae, latent, result, textOf: new Map(tokens.map(({ id, text }) => [id, tokenLabel(text)])) };
    });
  }

  clear(): void {
    for (const answer of [this.decoded, this.splice, this.curve, this.page]) answer.clear();
  }
}
