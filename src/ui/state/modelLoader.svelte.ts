/**
 * Loads models: the newest wish wins, and the model from before stays usable until the next one is there, and
 * for good if the next one is refused.
 */
import { filesName } from "../files/filesName";
import type { EngineApi, HubSource, KeptModel, ModelInfo, ModelSource, Precision } from "../../protocol/api";
import type { Progress } from "../../protocol/progress";
import type { ModelChoice, NamedFile } from "../../folders/modelChoices";
import { isVitrineError } from "../../protocol/errors";
import type { GivenFields, MissingFields } from "../../protocol/missingFields";
import type { SortedFiles } from "../../protocol/sae/features";
import type { ModelState } from "./states";
import { phaseAfter } from "../../client/timeLeft";

const LOAD = "load-model";
/** Files that make text of a model's tokens. */
const TOKENIZER_FILES = [
  ...["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"],
  ...["vocab.json", "merges.txt", "added_tokens.json", "special_tokens_map.json"],
];

type Choice = ModelChoice<NamedFile & { readonly file: File }>;

/** What happens around a load; the next step waits for it. */
export interface LoadListener {
  begins(): void;
  /** `before`: the same weights without the tokenizer that they have now. */
  ready(info: ModelInfo, source: ModelSource, before?: ModelInfo): Promise<void>;
  /** Autoencoders or lenses were among the files; the model is open. */
  attach(files: Beside): Promise<void>;
}

/** Files that need a model to read. */
export interface Beside {
  /** With the configs among them. */
  readonly saes: readonly File[];
  readonly lenses: readonly File[];
}

const NOTHING: Beside = { saes: [], lenses: [] };
const pathOf = (file: File) => file.webkitRelativePath || file.name;

/** A model whose files do not say all that is needed. */
export interface Incomplete {
  readonly source: ModelSource;
  readonly report: MissingFields;
}

export class ModelLoader {
  state = $state.raw<ModelState>({ status: "none" });
  /** Why the last files could not be opened. */
  error = $state.raw<string | undefined>();
  /** Several models came at once: which one? */
  choices = $state.raw<readonly Choice[]>([]);
  precision = $state<Precision | "auto">("auto");
  /** What the last files leave to be said. */
  incomplete = $state.raw<Incomplete | undefined>();

  #request = 0;
  /** All files that came with the choices, if autoencoders are among them. */
  #unchosen: Choice["files"] = [];
  #unchosenLenses: readonly File[] = [];
  /** Where the model came from, to load it again after the worker died or for another precision. */
  #source: ModelSource | undefined;

  constructor(
    private readonly engine: EngineApi,
    private readonly listener: LoadListener,
  ) {}

  /** The model that answers: while another is loading, the one from before. */
  get model(): ModelInfo | undefined {
    const { state } = this;
    return state.status === "ready" ? state.info : state.status === "loading" ? state.previous : undefined;
  }

  /** Where the model that answers came from. */
  get source(): ModelSource | undefined {
    return this.#source;
  }

  loadEmbedded(name: string): Promise<boolean> {
    return this.load({ kind: "embedded", name });
  }

  /**
   * A tokenizer alone completes a model that has none; autoencoders and lenses go to the model that lies with them or else to
   * the one that is open; anything else is a model of its own, or several to choose from.
   */
  async loadFiles(files: readonly File[], folder?: string): Promise<boolean> {
    const isTokenizer = files.every(({ name }) => TOKENIZER_FILES.includes(name));
    if (isTokenizer && this.state.status === "ready" && !this.state.info.hasTokenizer)
      return this.#complete(files);
    const name = filesName(files, folder);
    // What cannot be sorted is refused by who opens it.
    const { saes, lenses, hasModel } = await this.engine
      .sortFiles(files)
      .catch((): SortedFiles => ({ saes: [], lenses: [], hasModel: true }));
    const lensFiles = files.filter((file) => lenses.includes(pathOf(file)));
    // Weights of a lens would be taken for the model's.
    const others = lensFiles.length > 0 ? files.filter((file) => !lensFiles.includes(file)) : files;
    const beside = { saes: saes.length > 0 ? others : [], lenses: lensFiles };
    if (saes.length + lenses.length > 0 && !hasModel) return this.#attach(beside, [...saes, ...lenses]);
    const { modelChoices } = await import("../../folders/modelChoices");
    const named = others.map((file) => ({ name: pathOf(file), size: file.size, file }));
    const choices = modelChoices(named.filter(({ name: path }) => !saes.includes(path)));
    if (choices.length > 1) {
      this.error = undefined;
      this.choices = choices;
      this.#unchosen = saes.length > 0 ? named : [];
      this.#unchosenLenses = lensFiles;
      return false;
    }
    return this.#loadWith({ kind: "files", name, files: others }, beside);
  }

  /** Opens a model, and then the autoencoders and lenses among the files that lie with it. */
  async #loadWith(source: ModelSource, beside: Beside = NOTHING): Promise<boolean> {
    const isOpen = await this.load(source);
    if (isOpen && beside.saes.length + beside.lenses.length > 0) await this.listener.attach(beside);
    return isOpen;
  }

  async #attach(beside: Beside, names: readonly string[]): Promise<boolean> {
    this.error = undefined;
    if (this.model) await this.listener.attach(beside);
    else {
      const what = beside.saes.length > 0 ? "sparse autoencoder" : "Jacobian lens";
      const many = beside.saes.length > 0 ? "sparse autoencoders" : "Jacobian lenses";
      const are = names.length === 1 ? `is a ${what}` : `are ${many}`;
      this.error = `${names.slice(0, 3).join(", ")} ${are}, which needs a model to read: open the model first.`;
    }
    return this.model !== undefined;
  }

  /** Opens what was incomplete, with the fields that were said. */
  async complete(fields: GivenFields): Promise<boolean> {
    const { incomplete } = this;
    if (!incomplete) return false;
    const { source } = incomplete;
    return this.load({ ...source, fields: { ...source.fields, ...fields } });
  }

  /** Opens another of the checkpoints that the model's file holds. */
  async chooseCheckpoint(checkpoint: number): Promise<void> {
    const source = this.#source;
    if (source) await this.load({ ...source, fields: { ...source.fields, checkpoint } });
  }

  /** Autoencoders that lie with it are attached, those in the folders of the other models are not. */
  choose({ name, files }: Choice): Promise<boolean> {
    const others = this.choices.filter((choice) => choice.name !== name);
    const isOthers = (one: Choice["files"][number]) =>
      others.some((other) => one.name.startsWith(`${other.name}/`) || other.files.includes(one));
    const beside = this.#unchosen.filter((one) => files.includes(one) || !isOthers(one));
    const source = { kind: "files", name, files: files.map(({ file }) => file) } as const;
    const saes = beside.map(({ file }) => file);
    return this.#loadWith(source, { saes, lenses: this.#unchosenLenses });
  }

  /** Fetches a model from another host. */
  loadFromHub(source: Omit<HubSource, "kind">): Promise<boolean> {
    return this.load({ kind: "hub", ...source });
  }

  loadKept({ name, sha256 }: KeptModel): Promise<boolean> {
    return this.load({ kind: "kept", name, sha256 });
  }

  /** Loads the model again, in the precision that is now chosen. */
  async reload(otherwise?: ModelSource): Promise<void> {
    const source = this.#source ?? otherwise;
    if (source) await this.load(source);
  }

  cancel(): void {
    void this.engine.cancel(LOAD);
  }

  /**
   * The engine has lost everything. A model that was fetched is not fetched again without a click, and if it was
   * too large for this device, it still is: then it is taken from what is kept, or its name is returned.
   */
  reset(kept: readonly KeptModel[]): string | undefined {
    const { model } = this;
    this.state = { status: "none" };
    if (this.#source?.kind !== "hub" || !model) return undefined;
    const copy = kept.find(({ sha256 }) => sha256 === model.sha256);
    this.#source = copy && { kind: "kept", name: copy.name, sha256: copy.sha256 };
    return copy ? undefined : model.name;
  }

  async load(source: ModelSource): Promise<boolean> {
    const request = ++this.#request;
    if (this.state.status === "loading") await this.engine.cancel(LOAD);
    const previous = this.model;
    this.error = this.incomplete = undefined;
    this.choices = [];
    this.listener.begins();
    const show = (progress: Progress) => {
      if (request !== this.#request) return;
      const before = this.state.status === "loading" ? this.state : undefined;
      const phase = phaseAfter(before, progress, performance.now());
      this.state = { status: "loading", name: source.name, progress, phase, previous };
    };
    show({ done: 0, total: 0, note: "opening" });
    try {
      const info = await this.engine.loadModel(source, this.precision, LOAD, show);
      if (request !== this.#request) return false;
      this.state = { status: "ready", info };
      this.#source = source;
      await this.listener.ready(info, source);
      return true;
    } catch (error) {
      // The engine keeps the model that it had.
      const kept = await this.engine.model().catch(() => undefined);
      if (request !== this.#request) return false;
      this.state = kept ? { status: "ready", info: kept } : { status: "none" };
      if (isVitrineError(error, "MissingFields") && (await this.#ask(source))) return false;
      if (!isVitrineError(error, "Cancelled")) this.#fail(error);
      return false;
    }
  }

  async #complete(files: readonly File[]): Promise<boolean> {
    const [source, before] = [this.#source, this.model];
    this.error = undefined;
    try {
      const info = await this.engine.completeModel(files);
      this.state = { status: "ready", info };
      if (!source) return true;
      this.#source = { ...source, companions: files };
      await this.listener.ready(info, source, before);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Whether there is something to ask. */
  async #ask(source: ModelSource): Promise<boolean> {
    const report = await this.engine.missingFields(source, LOAD).catch(() => undefined);
    this.incomplete = report && { source, report };
    return report !== undefined;
  }

  #fail(error: unknown): void {
    this.error = error instanceof Error ? error.message : String(error);
  }
}
