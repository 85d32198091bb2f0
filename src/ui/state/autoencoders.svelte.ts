/**
 * The autoencoders that are attached to the model: those that ship with an embedded model, and files. Labels of latents
 * come from the embedded model's known factors, by a rule that is shown with them.
 */
import type { EngineApi, ModelInfo } from "../../protocol/api";
import type { Progress } from "../../protocol/progress";
import { isVitrineError, messageOf } from "../../protocol/errors";
import type { SaeInfo, SaeSource } from "../../protocol/sae/features";
import type { GivenFields, MissingFields } from "../../protocol/missingFields";
import type { Site } from "../../protocol/sites";
import { Corpora, type CorpusOwner } from "./corpora.svelte";
import { LatentLabels } from "./latentLabels.svelte";

const ATTACH = "attach-saes";

/** What ships beside an embedded model, `sae/factors.json` and `sae/transcoders.json`: the part that the page reads. */
interface Factors {
  readonly rule: string;
  readonly modelSha256: string;
  /** By hook name. */
  readonly sites: Readonly<
    Record<string, { readonly sha256: string; readonly labels: Readonly<Record<string, string>> }>
  >;
}

export interface IncompleteSae {
  readonly source: SaeSource & { readonly kind: "files" };
  readonly site: Site | undefined;
  readonly report: MissingFields;
}

export class Autoencoders {
  list = $state.raw<readonly SaeInfo[]>([]);
  progress = $state.raw<Progress | undefined>();
  error = $state.raw<string | undefined>();
  /** Files that do not say all that is needed, and what. */
  incomplete = $state.raw<IncompleteSae | undefined>();
  /** Of the loaded model, if it ships with autoencoders. */
  factors = $state.raw<Factors | undefined>();
  /** Of its transcoders, once somebody asked for them. */
  transcoders = $state.raw<Factors | undefined>();

  /** What latents are called. */
  readonly labels = new LatentLabels(this);
  /** Texts that latents were looked for in. */
  readonly corpora: Corpora;

  #opened: Promise<void> | undefined;

  /** SHA-256 of their weights: edits name them so. */
  readonly attached: ReadonlySet<string> = $derived(new Set(this.list.map(({ sha256 }) => sha256)));

  constructor(
    private readonly engine: EngineApi,
    /** Whose they are; the session. */
    private readonly owner: CorpusOwner,
  ) {
    this.corpora = new Corpora(engine, owner);
  }

  /** After a model was loaded: they went with the one before. */
  async refresh(): Promise<void> {
    this.corpora.forget();
    this.error = this.incomplete = undefined;
    this.factors = this.transcoders = undefined;
    this.#opened = undefined;
    // Numbers may be given anew.
    this.list = [];
    await this.#list();
  }

  /** Attaches those that ship with the model, the first time that somebody looks for them. */
  async open(): Promise<void> {
    const { model } = this.owner;
    if (model?.source !== "embedded") return;
    this.#opened ??= fetchFactors(model, "factors").then(async (factors) => {
      if (this.owner.model !== model) return;
      this.factors = factors;
      await this.attachEmbedded();
    });
    await this.#opened;
  }

  /** Whether the model may ship with transcoders that are not attached. */
  get hasTranscodersLeft(): boolean {
    const sites = Object.values(this.transcoders?.sites ?? {});
    return (
      this.factors !== undefined &&
      (sites.length === 0 || sites.some(({ sha256 }) => !this.attached.has(sha256)))
    );
  }

  /** Folders of those that ship with the model and are not attached yet. */
  get embedded(): readonly string[] {
    return Object.entries(this.factors?.sites ?? {})
      .filter(([, { sha256 }]) => !this.attached.has(sha256))
      .map(([hook]) => hook.replaceAll("hook_", ""));
  }

  async attachEmbedded(folders = this.embedded): Promise<void> {
    const { model } = this.owner;
    for (const folder of folders) {
      if (model) await this.#attach({ kind: "embedded", model: model.name, folder }, undefined);
    }
  }

  /** Attaches the transcoders of every MLP that ship with the model. */
  async attachTranscoders(): Promise<void> {
    const { model } = this.owner;
    if (model?.source !== "embedded") return;
    const found = await fetchFactors(model, "transcoders");
    if (this.owner.model !== model) return;
    this.transcoders = found;
    this.error = found ? undefined : `${model.name} ships with no transcoders.`;
    // By the hook that each writes: blocks.0.hook_mlp_out, in the folder blocks.0.mlp.
    const left = Object.entries(found?.sites ?? {}).filter(([, { sha256 }]) => !this.attached.has(sha256));
    await this.attachEmbedded(left.map(([hook]) => hook.replace(/hook_mlp_out$/, "mlp")));
  }

  attachFiles(files: readonly File[], site: Site | undefined): Promise<void> {
    return this.#attach({ kind: "files", name: files[0]?.name ?? "files", files }, site);
  }

  /** Attaches what was incomplete, with the fields that were said. */
  async complete(fields: GivenFields): Promise<void> {
    const { incomplete } = this;
    if (!incomplete) return;
    const { source, site } = incomplete;
    await this.#attach({ ...source, fields: { ...source.fields, ...fields } }, site);
  }

  cancel(): void {
    void this.engine.cancel(ATTACH);
  }

  async detach(id: number): Promise<void> {
    await this.engine.detachSae(id);
    await this.#list();
  }

  /** After one was attached by another way than this. */
  relist(): Promise<void> {
    return this.#list();
  }

  /** What its latents are called, by the rule. */
  labelsOf({ sha256 }: Pick<SaeInfo, "sha256">): Readonly<Record<string, string>> {
    const sites = [this.factors, this.transcoders].flatMap((part) => Object.values(part?.sites ?? {}));
    return sites.find((site) => site.sha256 === sha256)?.labels ?? {};
  }

  /** What is known already stays the same object: views ask nothing anew because another one came. */
  async #list(): Promise<void> {
    const known = new Map(this.list.map((info) => [info.id, info]));
    this.list = (await this.engine.saes()).map((info) => known.get(info.id) ?? info);
  }

  async #attach(source: SaeSource, site: Site | undefined): Promise<void> {
    this.error = this.incomplete = undefined;
    this.progress = { done: 0, total: 0, note: "opening" };
    try {
      await this.engine.attachSaes(source, site, ATTACH, (progress) => (this.progress = progress));
    } catch (error) {
      const isAsked = isVitrineError(error, "MissingFields") && (await this.#ask(source, site));
      if (!isAsked && !isVitrineError(error, "Cancelled")) this.error = messageOf(error);
    } finally {
      this.progress = undefined;
      await this.#list();
    }
  }

  /** Whether there is something to ask. */
  async #ask(source: SaeSource, site: Site | undefined): Promise<boolean> {
    if (source.kind !== "files") return false;
    const report = await this.engine.missingSaeFields(source, site).catch(() => undefined);
    this.incomplete = report && { source, site, report };
    return report !== undefined;
  }
}

async function fetchFactors(
  { name, sha256 }: ModelInfo,
  part: "factors" | "transcoders",
): Promise<Factors | undefined> {
  const response = await fetch(new URL(`models/${name}/sae/${part}.json`, document.baseURI));
  const isJson = response.ok && !response.headers.get("content-type")?.includes("html");
  const factors = isJson ? ((await response.json()) as Factors) : undefined;
  return factors?.modelSha256 === sha256 ? factors : undefined;
}
