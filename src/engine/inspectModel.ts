/**
 * What a set of files is, without loading it: layout, architecture, tensors, the plan of memory in each precision,
 * the tokenizer, and every problem that can be known before a weight is read.
 */
import { messageOf } from "../protocol/errors";
import { openModelFiles } from "./formats/modelFiles";
import type { FileSet } from "./formats/source";
import { createTokenizer } from "./formats/tokenizer";
import { architectureFor } from "./models/index";
import { planModel, type MemoryPlan } from "./models/plan";
import { planWeight } from "./models/planWeight";
import { sitesOfConfig } from "./models/model";

const PRECISIONS = ["f32", "f16", "q8"] as const;

const asJson = (value: unknown) => (value instanceof Float32Array ? Array.from(value) : value);

export async function inspectModel(fileSet: FileSet): Promise<object> {
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
  const { tokenizerJson, tokenizerConfig, config: configJson, weightFiles, notes } = files;
  const architecture = tried(() => architectureFor(configJson["model_type"]));
  const config = architecture && tried(() => architecture.parseConfig(configJson));
  const specs = architecture && config ? architecture.weights(config) : [];
  for (const spec of specs) tried(() => planWeight(spec, files));
  const plans =
    config && problems.length === 0 ? PRECISIONS.map((precision) => planModel(files, precision)) : [];
  const used = new Set(specs.flatMap(({ sources }) => sources));
  const tokenizer = tokenizerJson && tried(() => createTokenizer(tokenizerJson, tokenizerConfig, configJson));
  const tensors = [...files.tensors.values()].map(({ entry: { name, dtype, shape } }) => ({
    ...{ name, dtype, shape },
    ...(architecture && !used.has(name) ? { unused: true } : {}),
  }));
  const elements = tensors.map(({ shape }) => shape.reduce((product, n) => product * n, 1));
  return {
    layout: files.layout,
    architecture: architecture?.name,
    config:
      config && Object.fromEntries(Object.entries(config).map(([name, value]) => [name, asJson(value)])),
    sites: architecture && config ? sitesOfConfig(architecture, config) : [],
    memory: plans.map(({ precision, parameters, weightBytes, cacheBytesPerToken, logitBytesPerToken }) => {
      const plan: MemoryPlan = { precision, parameters, weightBytes, cacheBytesPerToken, logitBytesPerToken };
      return plan;
    }),
    tensors,
    elements: elements.reduce((sum, n) => sum + n, 0),
    fileBytes: weightFiles.reduce((sum, { size }) => sum + size, 0),
    tokenizer: tokenizer && {
      vocabSize: tokenizer.vocabSize,
      bosId: tokenizer.bosId,
      eosId: tokenizer.eosId,
      bosByDefault: tokenizer.bosByDefault,
      chatTemplate: tokenizer.chat !== undefined,
    },
    notes,
    problems,
  };
}
