/**
 * What a set of files is: layout, architecture, tensors, the plan of memory in each precision, the tokenizer, every
 * problem that can be known before a weight is read, and, if the model is not large, what a sample prompt says of it.
 */
import { messageOf } from "../../protocol/errors";
import { NEVER_CANCELLED } from "../../protocol/cancel";
import { lookCloser } from "../check/closerLook";
import { checkHealth, sampleTokens, type HealthCheck } from "../check/healthCheck";
import type { Device } from "../device/device";
import { fittingTokenizer } from "./fittingTokenizer";
import { openModelFiles } from "../formats/modelFiles";
import type { ModelFiles } from "../formats/storedModel";
import type { FileSet } from "../formats/bytes/source";
import { createTokenizer, type Tokenizer } from "../formats/tokenizer/tokenizer";
import { loadArchitecture } from "../models/index";
import { planModel, type MemoryPlan } from "../models/loading/plan";
import { planWeight } from "../models/loading/planWeight";
import { loadModel } from "../models/loading/loadModel";
import { freeModel, sitesOfConfig } from "../models/model";

const PRECISIONS = ["f32", "f16", "q8"] as const;

const asJson = (value: unknown) => (value instanceof Float32Array ? Array.from(value) : value);

/** Larger models are not loaded for the sample prompt. */
const LARGEST_TRIED_BYTES = 2 ** 30;

async function healthOf(
  device: Device,
  files: ModelFiles,
  tokenizer: Tokenizer | undefined,
): Promise<HealthCheck> {
  const { model } = await loadModel(device, files, "auto", NEVER_CANCELLED);
  try {
    const sample = sampleTokens(model.config, tokenizer);
    const health = await checkHealth(model, sample);
    const problem = health.isDoubtful ? await lookCloser(model, sample, NEVER_CANCELLED) : undefined;
    return problem === undefined ? health : { ...health, problem };
  } finally {
    freeModel(model);
  }
}

export async function inspectModel(fileSet: FileSet, device: Device): Promise<object> {
  const files = await openModelFiles(fileSet);
  const problems: string[] = [];
  /** What `work` finds; a failure is a problem of the model, not of the inspection. */
  const tried = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      problems.push(messageOf(error));
      return undefined;
    }
  };
  const { tokenizerJson, tokenizerConfig, config: configJson } = files;
  const architecture = await loadArchitecture(configJson["model_type"]).catch((error: unknown) => {
    problems.push(messageOf(error));
    return undefined;
  });
  const config = architecture && tried(() => architecture.parseConfig(configJson));
  const specs = architecture && config ? architecture.weights(config) : [];
  for (const spec of specs) tried(() => planWeight(spec, files));
  const plans =
    architecture && config && problems.length === 0
      ? PRECISIONS.map((precision) => planModel(architecture, files, precision))
      : [];
  const tokenizer = tokenizerJson && tried(() => createTokenizer(tokenizerJson, tokenizerConfig, configJson));
  const fitting = config && fittingTokenizer(tokenizer, config.dVocab);
  const isTried =
    architecture !== undefined &&
    config !== undefined &&
    problems.length === 0 &&
    planModel(architecture, files, "auto").weightBytes <= LARGEST_TRIED_BYTES;
  const health = isTried
    ? await healthOf(device, files, fitting?.tokenizer).catch((error: unknown): HealthCheck => ({
        problem: messageOf(error),
      }))
    : undefined;
  if (health?.problem !== undefined) problems.push(health.problem);
  return {
    layout: files.layout,
    architecture: architecture?.name,
    config:
      config && Object.fromEntries(Object.entries(config).map(([name, value]) => [name, asJson(value)])),
    sites: architecture && config ? sitesOfConfig(architecture, config) : [],
    memory: plans.map(memoryOf),
    ...tensorFacts(files, architecture && new Set(specs.flatMap(({ sources }) => sources))),
    tokenizer: tokenizer && tokenizerFacts(tokenizer),
    // Mean -log p of plain English, where it can be read.
    sampleLoss: health?.nats,
    notes: [...files.notes, ...(fitting?.notes ?? [])],
    problems,
  };
}

function memoryOf(plan: MemoryPlan): MemoryPlan {
  const { precision, parameters, weightBytes, cacheBytesPerToken, logitBytesPerToken } = plan;
  return { precision, parameters, weightBytes, cacheBytesPerToken, logitBytesPerToken };
}

/** `used`: names of the tensors that the architecture reads; undefined where there is none to say. */
function tensorFacts({ tensors, weightFiles }: ModelFiles, used: ReadonlySet<string> | undefined) {
  const entries = [...tensors.values()].map(({ entry: { name, dtype, shape } }) => ({
    ...{ name, dtype, shape },
    ...(used && !used.has(name) ? { unused: true } : {}),
  }));
  const elements = entries.map(({ shape }) => shape.reduce((product, n) => product * n, 1));
  return {
    tensors: entries,
    elements: elements.reduce((sum, n) => sum + n, 0),
    fileBytes: weightFiles.reduce((sum, { size }) => sum + size, 0),
  };
}

function tokenizerFacts(tokenizer: Tokenizer) {
  return {
    vocabSize: tokenizer.vocabSize,
    bosId: tokenizer.bosId,
    eosId: tokenizer.eosId,
    bosByDefault: tokenizer.bosByDefault,
    chatTemplate: tokenizer.chat !== undefined,
  };
}
