/**
 * What the panel is about, and what it asks the engine of one autoencoder: codes under the edits and without, quality, the
 * curve over k, effects of latents on a logit. Each answer says what it is the answer to.
 */
import type { TokenInfo } from "../../../protocol/api";
import type {
  LatentAttributionRequest,
  LatentAttributionResult,
} from "../../../protocol/gradients/latentAttributions";
import type {
  CodeCurveResult,
  DecodeRequest,
  DecodeResult,
  LatentEffect,
  SaeInfo,
  SpliceResult,
} from "../../../protocol/sae/features";
import type { EditedPrompt } from "../../../protocol/interventions";
import { captionOf } from "../../state/caption";
import { EditStack } from "../../state/editStack.svelte";
import { latentName } from "../../../client/sae/latentCode";
import type { LatentLabel } from "../../state/latentLabels.svelte";
import type { Next, Query, Question } from "../../state/query.svelte";
import { withTokenEdits } from "../../../client/tokens/readTokens";
import type { Session } from "../../state/session.svelte";
import { expectedToken, namedToken } from "../../../client/tokens/tokenTargets";
import { tokenLabel } from "../../../client/tokens/tokenText";
import { settingsOf, type Settings } from "./settings";
import { curveKs, ranked } from "./view";
import { saeWords } from "../../../client/sae/saeWords";

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

export interface Effects {
  readonly sae: SaeInfo;
  readonly prompt: EditedPrompt;
  readonly positions: readonly number[];
  readonly readAt: number;
  readonly target: TokenInfo;
  readonly minus: TokenInfo | undefined;
  /** Where what was typed is more than one token. */
  readonly notes: readonly string[];
  readonly byLatent: ReadonlyMap<number, LatentEffect>;
}

/** Latents by gradient, on the same logit. */
export interface Attributed extends Omit<Effects, "byLatent"> {
  readonly request: LatentAttributionRequest;
  readonly result: LatentAttributionResult;
  readonly complete: boolean;
}

export class FeaturesState {
  readonly view: Settings;
  readonly decoded: Query<Decoded>;
  readonly splice: Query<SpliceResult>;
  readonly curve: Query<CodeCurveResult>;
  readonly effects: Query<Effects>;
  readonly attributed: Query<Attributed>;

  constructor(readonly session: Session) {
    this.view = settingsOf(session);
    this.decoded = session.query();
    this.splice = session.query();
    this.curve = session.query();
    this.effects = session.query();
    this.attributed = session.query();
  }

  /** The chosen autoencoder, else the first that is attached. */
  readonly sae: SaeInfo | undefined = $derived.by(() => {
    const { saes, selection } = this.session;
    return saes.list.find(({ sha256 }) => sha256 === selection.sae) ?? saes.list[0];
  });

  /** TopK with another k than the trained one. */
  readonly k: number | undefined = $derived.by(() => {
    const { sae, view } = this;
    return sae?.activation === "topk" && view.k > 0 ? Math.min(view.k, sae.nLatents) : undefined;
  });

  readonly prefix: number | undefined = $derived.by(() => {
    const { prefix } = this.view;
    return this.sae?.prefixes.includes(prefix) ? prefix : undefined;
  });

  /** The chosen latent, else the most active one at the position. */
  readonly latent: number = $derived.by(() => {
    const { latent } = this.session.selection;
    if (latent !== undefined && latent < (this.sae?.nLatents ?? 0)) return latent;
    const decoded = this.decoded.value;
    if (!decoded) return 0;
    const position = Math.min(this.session.position, decoded.tokens.length - 1);
    return ranked(decoded.now, undefined, [position], "value")[0]?.latent ?? 0;
  });

  readonly caption: string = $derived.by(() => {
    const decoded = this.decoded.value;
    return decoded ? this.captionOf(decoded, [`${decoded.tokens.length} tokens`]) : "";
  });

  /** Model, device, edits, autoencoder, then `parts`. */
  captionOf(
    { sae, k, prefix }: Pick<Decoded, "sae"> & Partial<Pick<Decoded, "k" | "prefix">>,
    parts: readonly string[] = [],
  ): string {
    const own = [
      saeWords(sae),
      ...(k === undefined ? [] : [`k = ${k}`]),
      ...(prefix === undefined ? [] : [`latents below ${prefix}`]),
    ];
    return captionOf(this.session, [...own, ...parts]);
  }

  /** Of what edits do not reach: weights, a corpus. */
  uneditedCaption(sae: SaeInfo, parts: readonly string[]): string {
    const { model, device } = this.session;
    const unedited = { model, device, edits: new EditStack() };
    return captionOf(unedited, [saeWords(sae), ...parts]);
  }

  choose(latent: number): void {
    if (!this.sae) return;
    this.session.selection.sae = this.sae.sha256;
    this.session.selection.latent = Math.max(0, Math.min(this.sae.nLatents - 1, latent));
  }

  chooseSae({ sha256 }: SaeInfo): void {
    if (this.sae?.sha256 !== sha256) this.session.selection.latent = undefined;
    this.session.selection.sae = sha256;
  }

  labelOf(latent: number): LatentLabel | undefined {
    return this.sae && this.session.saes.labels.of(this.sae, latent);
  }

  /** For axes and bars: its number, and what it is called with how well that fits. */
  nameOf(latent: number): string {
    return latentName(latent, this.labelOf(latent));
  }

  /** What a code of a text is asked by, here and for a text of one's own. */
  decodeRequest(sae: SaeInfo, prompt: EditedPrompt): DecodeRequest {
    const { k, prefix } = this;
    const listed = Math.min(MOST_LISTED, sae.nLatents, Math.max(LISTED, k ?? sae.k ?? 0));
    return {
      ...{ sae: sae.id, prompt, listed },
      ...(k === undefined ? {} : { k }),
      ...(prefix === undefined ? {} : { prefix }),
    };
  }

  decode(prompt: EditedPrompt, sae: SaeInfo): Question<Decoded> {
    const { engine, tokens, model } = this.session;
    const { k, prefix } = this;
    const request = this.decodeRequest(sae, prompt);
    return async (runId) => {
      const now = await engine.saeDecode(request, runId);
      const bare = { ...request, prompt: { tokens: prompt.tokens } };
      const hasEdits = (prompt.edits?.length ?? 0) > 0;
      const baseline = hasEdits ? await engine.saeDecode(bare, runId) : undefined;
      const read = withTokenEdits(tokens, prompt.edits ?? []);
      return {
        ...{ prompt, sae, k, prefix, now },
        ...(baseline && { baseline }),
        tokens: read.map(({ text }) => tokenLabel(text)),
        isCounted: prompt.tokens.map((id) => id !== model?.bosId),
      };
    };
  }

  measureSplice(prompt: EditedPrompt, sae: SaeInfo): Question<SpliceResult> {
    const request = this.decodeRequest(sae, prompt);
    return (runId) => this.session.engine.saeSplice(request, runId);
  }

  /** There is none where the code is not TopK. */
  measureCurve(prompt: EditedPrompt, sae: SaeInfo): Next<CodeCurveResult> {
    if (sae.activation !== "topk" || sae.k === undefined) return undefined;
    const ks = curveKs(sae.k, Math.min(MOST_LISTED, sae.nLatents));
    return (runId) => this.session.engine.saeCodeCurve({ sae: sae.id, prompt, ks }, runId);
  }

  /** Of the most active latents of some positions, on the logit of what is typed, or of what the model expects. */
  measureEffects(
    prompt: EditedPrompt,
    sae: SaeInfo,
    { positions, readAt }: { readonly positions: readonly number[]; readonly readAt: number },
    { target: typed, minus: other, most }: Pick<Settings, "target" | "minus" | "most">,
  ): Question<Effects> {
    const { engine } = this.session;
    return async (runId) => {
      const { target, minus, notes } = await this.#tokens(prompt, readAt, { target: typed, minus: other });
      const asked = {
        ...{ sae: sae.id, prompt, positions, readAt, most, target: target.id },
        ...(minus && { minus: minus.id }),
      };
      const effects = await engine.saeEffects(asked, runId);
      return {
        ...{ sae, prompt, positions, readAt, target, minus, notes },
        byLatent: new Map(effects.map((effect) => [effect.latent, effect])),
      };
    };
  }

  /** All active latents of some positions by gradient × activation, on the same logit; some are ablated as a check. */
  attribute(
    prompt: EditedPrompt,
    sae: SaeInfo,
    { positions, readAt }: { readonly positions: readonly number[]; readonly readAt: number },
    view: Pick<Settings, "target" | "minus" | "gradientPoints" | "gradientChecks" | "gradientSeed">,
  ): Question<Attributed> {
    const { engine, parts, tokenSteps } = this.session;
    const { gradientPoints: steps, gradientChecks: count, gradientSeed: seed } = view;
    const stepOf = parts && tokenSteps.length === prompt.tokens.length ? tokenSteps : undefined;
    return async (runId, partial) => {
      const { target, minus, notes } = await this.#tokens(prompt, readAt, view);
      const request: LatentAttributionRequest = {
        ...{ sae: sae.id, prompt, positions, readAt, target: target.id, most: sae.nLatents },
        ...(minus && { minus: minus.id }),
        ...(steps > 0 && { steps }),
        ...(stepOf && { stepOf }),
        ...(count > 0 && { check: { largest: count, random: count, seed } }),
      };
      const found = (result: LatentAttributionResult, complete: boolean): Attributed => ({
        ...{ sae, prompt, positions, readAt, target, minus, notes, request, result, complete },
      });
      const show = (so: LatentAttributionResult) => so.latents.length > 0 && partial(found(so, false));
      return found(await engine.latentAttribution(request, runId, show), true);
    };
  }

  /** The tokens whose logit is measured: what is typed, or what the model expects. */
  async #tokens(prompt: EditedPrompt, readAt: number, typed: Pick<Settings, "target" | "minus">) {
    const { session } = this;
    const named = await namedToken(session, typed.target);
    const minus = await namedToken(session, typed.minus);
    const target = named?.token ?? (await expectedToken(session.engine, prompt, readAt));
    const notes = [named?.note, minus?.note].filter((note) => note !== undefined);
    return { target, minus: minus?.token, notes };
  }
}
