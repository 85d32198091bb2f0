/**
 * The models that are open on one device: the main one, and at times another beside it to compare with. Each stays
 * usable until its successor is there; a model that was replaced is freed when the calls that use it are done.
 */
import type { ModelSlot } from "../../protocol/analysis";
import type { ModelInfo, ModelSource, Precision } from "../../protocol/api";
import type { Progress } from "../../protocol/progress";
import { NEVER_CANCELLED, type CancelToken } from "../../protocol/cancel";
import { messageOf, VitrineError } from "../../protocol/errors";
import type { MissingFields } from "../../protocol/missingFields";
import type { Device } from "../device/device";
import { withGivenConfig } from "../formats/tokenizer/tokenizerFiles";
import { fittingTokenizer } from "./fittingTokenizer";
import { openModelFiles } from "../formats/modelFiles";
import { filesFromBlobs, withFiles, type FileSet } from "../formats/bytes/source";
import { loadModel } from "../models/loading/loadModel";
import { freeModel, type Model } from "../models/model";
import { ModelUse } from "./modelUse";
import {
  assess,
  describeModel,
  differingTokens,
  identityOf,
  isSameFetch,
  refuseUnfit,
  tokenizerOf,
  type OpenModel,
} from "./openModel";

type OnProgress = (progress: Progress) => void;

export interface LoadRequest {
  readonly source: ModelSource;
  readonly precision: Precision | "auto";
  readonly token: CancelToken;
  readonly onProgress?: OnProgress | undefined;
}

type OpenFiles = (source: ModelSource, signal: AbortSignal, onProgress?: OnProgress) => Promise<FileSet>;
type Slots = Record<ModelSlot, OpenModel | undefined>;

export class OpenModels {
  #slots: Slots = { main: undefined, other: undefined };
  /** Why there is no second model any more, if not by the visitor's wish. */
  #lost = "";
  readonly #use = new ModelUse();

  constructor(private readonly openFiles: OpenFiles) {}

  get main(): OpenModel | undefined {
    return this.#slots.main;
  }

  in(slot: ModelSlot = "main"): OpenModel {
    const open = this.#slots[slot];
    if (open) return open;
    const message =
      slot === "main"
        ? "No model is loaded; load one first."
        : `No second model is open; open one beside the first.${this.#lost}`;
    throw new VitrineError("Unsupported", message);
  }

  /** Keeps a model on the device while work uses it, also if it is replaced meanwhile. */
  during<T>(slot: ModelSlot | undefined, work: (model: Model) => Promise<T>): Promise<T> {
    return this.#use.during(this.in(slot).model, work);
  }

  /** Frees what belongs to the page's model when no call uses it. */
  afterUse(model: Model, free: () => void): void {
    this.#use.afterUse(model, free);
  }

  /** Why next tokens of the two models are not the same things, in a sentence; undefined if they are. */
  differingTokens(): string | undefined {
    return differingTokens(this.in("main"), this.in("other"));
  }

  async load(slot: ModelSlot, device: Device, request: LoadRequest): Promise<ModelInfo> {
    const { main, other } = this.#slots;
    const beside = slot === "main" ? other : main;
    // What was fetched is not fetched again to read it in another precision.
    const fetched = [main, other].find((open) => open && isSameFetch(request.source, open.source));
    const loaded = await this.#open(device, request, fetched?.fileSet, beside?.weightBytes ?? 0);
    this.#put(slot, loaded);
    return loaded.info;
  }

  /** The same model, described anew: it has its tokenizer now. */
  complete(slot: ModelSlot, open: OpenModel): void {
    this.#slots = { ...this.#slots, [slot]: open };
  }

  closeOther(): void {
    this.#lost = "";
    this.#put("other", undefined);
  }

  /** Uploads everything to another device. If the second model does not fit there, it is closed. */
  async moveTo(device: Device): Promise<void> {
    const { main, other } = this.#slots;
    const onDevice = async (open: OpenModel, taken: number): Promise<OpenModel> => ({
      ...open,
      ...(await loadModel(device, open.files, open.precision, NEVER_CANCELLED, undefined, taken)),
    });
    const movedMain = main && (await onDevice(main, 0));
    const movedOther = other && (await onDevice(other, main?.weightBytes ?? 0).catch(messageOf));
    const isLost = typeof movedOther === "string";
    this.#lost = isLost ? ` ${other?.info.name} was closed with the device before: ${movedOther}` : "";
    this.#slots = { main: movedMain, other: isLost ? undefined : movedOther };
  }

  /** What to ask about a source whose files do not say all that is needed. */
  async missingFields(request: Pick<LoadRequest, "source" | "token">): Promise<MissingFields | undefined> {
    const { MissingFieldsError } = await import("../formats/missingFields");
    try {
      await openModelFiles(await this.#filesOf(request));
      return undefined;
    } catch (error) {
      if (error instanceof MissingFieldsError) return error.report;
      throw error;
    }
  }

  async #filesOf(
    { source, token, onProgress }: Pick<LoadRequest, "source" | "token" | "onProgress">,
    fetched?: FileSet,
  ): Promise<FileSet> {
    const given = fetched ?? (await this.openFiles(source, token.signal, onProgress));
    const added = withFiles(given, await filesFromBlobs(source.companions ?? []));
    return withGivenConfig(added, source.fields);
  }

  #put(slot: ModelSlot, open: OpenModel | undefined): void {
    const previous = this.#slots[slot];
    this.#slots = { ...this.#slots, [slot]: open };
    if (previous) this.#use.retire(previous.model);
  }

  async #open(
    device: Device,
    { source, precision, token, onProgress }: LoadRequest,
    fetched: FileSet | undefined,
    takenBytes: number,
  ): Promise<OpenModel> {
    const fileSet = await this.#filesOf({ source, token, onProgress }, fetched);
    await refuseUnfit(fileSet);
    const files = await openModelFiles(fileSet);
    const given = tokenizerOf(files);
    // While bytes are on their way, how many have arrived is the news.
    const onReading = (progress: Progress) => {
      if (!files.weightFiles.some(({ isArriving }) => isArriving)) onProgress?.(progress);
    };
    const loaded = await loadModel(device, files, precision, token, onReading, takenBytes);
    const { tokenizer, notes } = fittingTokenizer(given, loaded.model.config.dVocab);
    try {
      onReading({ done: 0, total: 1, note: "hashing the weights" });
      const sha256 = await identityOf(files);
      await token.pause();
      if (source.kind === "kept" && !source.fields && sha256 !== source.sha256) {
        throw new VitrineError(
          "BadFile",
          `${source.name} was changed on this device's disk; delete it and open it anew.`,
        );
      }
      onReading({ done: 0, total: 1, note: "trying a sample prompt" });
      const assessment = await assess(device, files, loaded, tokenizer, token);
      const assessed = { ...loaded, assessment };
      const info = describeModel(source, assessed, tokenizer, sha256, {
        ...files,
        notes: [...files.notes, ...notes],
      });
      return { ...assessed, source, fileSet, files, tokenizer, info };
    } catch (error) {
      freeModel(loaded.model);
      throw error;
    }
  }
}
