/** An open model: its files, its tokenizer, and what is told about it. */
import type { ModelInfo, ModelSource, TokenInfo } from "../../protocol/api";
import type { Pauser } from "../../protocol/cancel";
import { VitrineError } from "../../protocol/errors";
import { readJson } from "../formats/bytes/json";
import type { Device } from "../device/device";
import { openModelFiles } from "../formats/modelFiles";
import type { ModelFiles } from "../formats/storedModel";
import { hashFiles } from "../formats/bytes/sha256";
import { fileFromBytes, filesFromBlobs, fileNamed, withFiles, type FileSet } from "../formats/bytes/source";
import { createTokenizer, type Tokenizer } from "../formats/tokenizer/tokenizer";
import { checkModelType } from "../models/index";
import { fittingTokenizer } from "./fittingTokenizer";
import { checkHealth, sampleTokens, type HealthCheck } from "../check/healthCheck";
import { logitError, type LogitError } from "../check/logitError";
import type { LoadedModel } from "../models/loading/loadModel";
import { sitesOf } from "../models/model";
import { vocabOut } from "../models/sizes";

/** What one sample prompt says of a loaded model. */
export interface Assessment {
  readonly health: HealthCheck;
  readonly logitError?: LogitError;
}

export interface AssessedModel extends LoadedModel {
  readonly assessment: Assessment;
}

export interface OpenModel extends AssessedModel {
  readonly source: ModelSource;
  /** Everything that was given, also what the layout does not use. */
  readonly fileSet: FileSet;
  readonly files: ModelFiles;
  readonly tokenizer: Tokenizer | undefined;
  readonly info: ModelInfo;
}

const MAX_CONFIG_BYTES = 4_000_000;

export function isSameFetch(a: ModelSource, b: ModelSource): boolean {
  return a.kind === "hub" && b.kind === "hub" && a.address === b.address && a.hubUrl === b.hubUrl;
}

/** What the weights are known by: their hash; of an earlier one of a file's checkpoints, together with its place. */
export function identityOf({ weightFiles, checkpoints }: ModelFiles): Promise<string> {
  const isLast = !checkpoints || checkpoints.chosen === checkpoints.names.length - 1;
  if (isLast) return hashFiles(weightFiles);
  const place = new TextEncoder().encode(`\ncheckpoint ${checkpoints.chosen}`);
  return hashFiles([...weightFiles, fileFromBytes("\uffff", place)]);
}

/** A model that could not run is refused before its weights are fetched. */
export async function refuseUnfit(fileSet: FileSet): Promise<void> {
  const isRemote = fileSet.some(({ isArriving }) => isArriving);
  const config = isRemote ? fileNamed(fileSet, "config.json") : undefined;
  const { model_type: type } = config ? await readJson(config, MAX_CONFIG_BYTES) : {};
  if (typeof type === "string") checkModelType(type);
}

export function tokenizerOf(files: ModelFiles): Tokenizer | undefined {
  const { tokenizerJson, tokenizerConfig, config } = files;
  return tokenizerJson && createTokenizer(tokenizerJson, tokenizerConfig, config);
}

/** The same model with files that were missing; BadFile if they do not give it a tokenizer. */
export async function completed(open: OpenModel, added: readonly File[]): Promise<OpenModel> {
  const fileSet = withFiles(open.fileSet, await filesFromBlobs(added));
  const files = await openModelFiles(fileSet);
  const tokenizer = tokenizerOf(files);
  const { dVocab } = open.model.config;
  if (!tokenizer) {
    throw new VitrineError(
      "BadFile",
      `${open.info.name} needs a tokenizer.json, or vocab.json and merges.txt; drop those.`,
    );
  }
  const fitting = fittingTokenizer(tokenizer, dVocab);
  if (!fitting.tokenizer) {
    throw new VitrineError(
      "BadFile",
      `tokenizer.json knows ${tokenizer.vocabSize} tokens and ${open.info.name} has ${dVocab}: it belongs to another model.`,
    );
  }
  const health = await checkHealth(open.model, sampleTokens(open.model.config, tokenizer));
  const assessed = { ...open, assessment: { ...open.assessment, health } };
  const notes = [...files.notes, ...fitting.notes];
  const told = { ...files, notes };
  const info = describeModel(open.source, assessed, tokenizer, open.info.sha256, told);
  return { ...assessed, fileSet, files, tokenizer, info };
}

export async function assess(
  device: Device,
  files: ModelFiles,
  loaded: LoadedModel,
  tokenizer: Tokenizer | undefined,
  pauser: Pauser,
): Promise<Assessment> {
  const tokens = sampleTokens(loaded.model.config, tokenizer);
  const health = await checkHealth(loaded.model, tokens);
  const error = await logitError(device, files, loaded, tokens, pauser);
  return { health, ...(error && { logitError: error }) };
}

/** Why the next tokens of two models are not the same things, in a sentence; undefined if they are. */
export function differingTokens(one: OpenModel, two: OpenModel): string | undefined {
  const [a, b] = [one.info, two.info];
  const [m, n] = [one, two].map(({ model: { config } }) => vocabOut(config));
  if (m !== n)
    return `${a.name} has ${m} tokens and ${b.name} has ${n}: their distributions are over different tokens.`;
  if (!a.vocabulary || !b.vocabulary || a.vocabulary === b.vocabulary) return undefined;
  return `The tokenizers of ${a.name} and ${b.name} differ: their distributions are over different tokens.`;
}

/** Without a tokenizer a token is shown as its id. */
export function describeIds(
  found: Tokenizer | undefined,
  ids: readonly number[],
  before?: number,
): TokenInfo[] {
  return found ? found.describe(ids, before) : ids.map((id) => ({ id, text: ` ${id}`, special: false }));
}

export function describeModel(
  source: ModelSource,
  { model, parameters, weightBytes, precision, clippedValues, assessment }: AssessedModel,
  found: Tokenizer | undefined,
  sha256: string,
  { notes: fileNotes, checkpoints }: Pick<ModelFiles, "notes" | "checkpoints">,
): ModelInfo {
  const { health, logitError } = assessment;
  const { nLayers, nHeads, nKvHeads, dHead, dMlp, dModel, dVocab, nCtx, shortContext = nCtx } = model.config;
  const clipped =
    clippedValues > 0 ? [`${clippedValues} weights do not fit in f16 and were clipped to ±65504.`] : [];
  const longRope =
    shortContext < nCtx
      ? [
          `Texts of more than ${shortContext} tokens use other rotary positions (LongRoPE); a text that the model writes ends there if it began below.`,
        ]
      : [];
  return {
    name: source.name,
    source: source.kind,
    architecture: model.architecture.name,
    sha256,
    parameters,
    weightBytes,
    precision,
    ...{ nLayers, nHeads, nKvHeads, dHead, dMlp, dModel, dVocab, nCtx },
    sites: sitesOf(model),
    hasTokenizer: found !== undefined,
    ...(found && { vocabulary: found.vocabulary }),
    hasChatTemplate: found?.chat !== undefined,
    ...(found?.bosId === undefined ? {} : { bosId: found.bosId }),
    ...(found?.eosId === undefined ? {} : { eosId: found.eosId }),
    ...(health.nats === undefined ? {} : { sampleLoss: health.nats }),
    ...(health.isDoubtful && { isDoubtful: true }),
    ...(logitError === undefined ? {} : { logitError }),
    ...(checkpoints && { checkpoints }),
    notes: [...fileNotes, ...clipped, ...longRope, ...(health.problem === undefined ? [] : [health.problem])],
  };
}
