/**
 * The engine without a page: one command, one JSON object on standard output and nothing else. Notes on the model go
 * to standard error, and progress, if that is a terminal; a failure is one line `{"error": …}` and a non-zero exit.
 *
 *   inspect PATH
 *   tokenize --model DIR --text T
 *   logits   --model DIR (--tokens 1,2,3 | --text T)
 *   generate --model DIR (--tokens … | --text T) --max N [--temperature X --top-k K --top-p P --seed S]
 *   capture  --model DIR (--tokens … | --text T) --sites a,b --out FILE.safetensors
 *   shapley  --model DIR --problem T --steps '["…","…"]' --answer T [--answer-prefix T]
 *            [--mode delete|mask|replace|mean|resample|symbol] [--filler T] [--value logProb|probability|margin|argmax]
 *            [--estimator exact|pairedRegression|permutations --budget N --seed S] [--samples N --temperature X]
 *            without --answer-prefix the model writes the cue before the answer itself; samples and temperature are of
 *            resample. With --edits also the same game without them, as "unedited"
 *            --problems FILE [--index N] takes prompt, steps and answer from a set of problems (JSON, JSONL or CSV)
 *   faithfulness --model DIR --problems FILE [--index N | --count N] [--tests a,b] [--filler T] [--samples N]
 *            [--temperature X] [--max N] [--seed S]: the scorecard over a set, known labels beside each outcome
 *   games FILE
 *            recomputes Shapley values of published tables of coalitions (src/shapley/tables.ts) from the tables' own values
 *   call METHOD --model DIR --request JSON [--tokens … | --text T]
 *            METHOD: logitLens, attribution, neuron, compare, sweep (protocol/analysis.ts), saeDecode, saeSplice, saeLatent,
 *            saeEffects (protocol/features.ts), coalitions, shapleyCost, chainGame, faithfulness, writeChains, anchorRollouts,
 *            stepSuppression, stepAttention (protocol/chainApi.ts); --text or --tokens is the request's prompt where it has
 *            none; a chain in a request may be text
 *
 * logits, generate, capture, shapley, faithfulness and call take --edits JSON, a list of edits (protocol/interventions.ts; `id` and `on` may be
 * left out, and a prompt inside an edit may be its text alone). Of a chain they name positions of its whole text.
 * --sae PATH[,PATH] attaches autoencoders, files or folders in any layout that the page opens; --sae-site names their site where
 * they do not. An edit of latents, or a request about an autoencoder, names one by its place among them (0 if left out).
 * --sae-config JSON (or a file) says what an autoencoder's files do not: dict_class, k, submodule_name, layer.
 * --config JSON (or a file) says fields of the model's config that its files do not, and comes before those that they do:
 * '{"n_heads":4,"act_fn":"relu"}'; "checkpoint" chooses among those that one file holds, from the end if negative.
 * All take --device cpu|webgpu (default cpu) and --precision f32|f16|q8|auto (default auto). DIR is a folder or
 * file in any layout that the page opens, or the name of an embedded model.
 */
import { openAsBlob, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import type { DevicePreference, EngineApi, ModelInfo, Precision } from "../protocol/api";
import type { Edit } from "../protocol/interventions";
import {
  ABLATION_MODES,
  GAME_ESTIMATORS,
  MAX_EXACT_STEPS,
  type AblationMode,
  type ChainText,
  type ChainTokens,
  type ChainValue,
} from "../protocol/chain";
import { VitrineError } from "../protocol/errors";
import type { SaeInfo } from "../protocol/features";
import type { GivenFields } from "../protocol/missingFields";
import { readGameTables, recompute, type Recomputed } from "../shapley/tables";
import { createCpuDevice } from "../engine/device/cpu";
import { inspectModel } from "../engine/open/inspectModel";
import { createNodeEngine, modelPath } from "../engine/hosts/nodeHost";
import { ProgressLine } from "../engine/hosts/nodeProgress";
import { withGivenConfig } from "../engine/formats/tokenizer/tokenizerFiles";
import { modelFilesFromPath } from "../engine/formats/bytes/sourceNode";
import { faithfulnessOver, labelsOf, problemAt } from "./problems";
import { readPairs } from "../client/edits/attentionPairs";
import { withTokenEdits } from "../protocol/tokenEdits";
import { stepAblation } from "../client/chain/stepAblation";
import { findFiller, readFiller, type Filler } from "../client/chain/filler";

/** Values that need no set of answers. */
const TOKEN_VALUES = ["logProb", "probability", "margin", "argmax"] satisfies readonly ChainValue[];

const OPTIONS = {
  model: { type: "string" },
  device: { type: "string", default: "cpu" },
  precision: { type: "string", default: "auto" },
  text: { type: "string" },
  tokens: { type: "string" },
  max: { type: "string" },
  temperature: { type: "string", default: "0" },
  "top-k": { type: "string", default: "0" },
  "top-p": { type: "string", default: "1" },
  seed: { type: "string", default: "0" },
  sites: { type: "string" },
  edits: { type: "string" },
  config: { type: "string" },
  sae: { type: "string" },
  "sae-config": { type: "string" },
  "sae-site": { type: "string" },
  request: { type: "string" },
  out: { type: "string" },
  problem: { type: "string" },
  steps: { type: "string" },
  answer: { type: "string" },
  "answer-prefix": { type: "string" },
  problems: { type: "string" },
  index: { type: "string" },
  count: { type: "string", default: "500" },
  tests: { type: "string" },
  mode: { type: "string", default: "delete" },
  filler: { type: "string" },
  value: { type: "string", default: "logProb" },
  estimator: { type: "string" },
  budget: { type: "string", default: "1000" },
  samples: { type: "string", default: "4" },
} as const;

type Options = ReturnType<typeof parse>["values"];

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
}

function usage(message: string): never {
  throw new VitrineError("Unsupported", message);
}

function required(values: Options, name: keyof typeof OPTIONS): string {
  return values[name] ?? usage(`--${name} is missing`);
}

/** A JSON object, or a file that holds one. */
function fieldsOption(values: Options, name: "config" | "sae-config"): GivenFields | undefined {
  const given = values[name];
  if (given === undefined) return undefined;
  const text = given.trim().startsWith("{") ? given : readFileSync(given, "utf8");
  const fields: unknown = JSON.parse(text);
  const isObject = typeof fields === "object" && fields !== null && !Array.isArray(fields);
  return isObject ? (fields as GivenFields) : usage(`--${name} must be a JSON object, or a file with one`);
}

function numberOption(values: Options, name: keyof typeof OPTIONS): number {
  const value = Number(required(values, name));
  return Number.isFinite(value) ? value : usage(`--${name} is ${values[name]}, expected a number`);
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  return (
    allowed.find((option) => option === value) ?? usage(`--${name} is ${value}; known: ${allowed.join(", ")}`)
  );
}

const PROGRESS = new ProgressLine(process.stderr);

/** Where embedded models live; set by the launcher, which knows the project's folder. */
const modelsRoot = () => process.env["VITRINE_MODELS"] ?? "static/models";

async function openEngine(values: Options): Promise<{ engine: EngineApi; info: ModelInfo }> {
  const engine = createNodeEngine(modelsRoot());
  await engine.openDevice(oneOf<DevicePreference>("device", required(values, "device"), ["cpu", "webgpu"]));
  const precision = oneOf<Precision | "auto">("precision", required(values, "precision"), [
    "f32",
    "f16",
    "q8",
    "auto",
  ]);
  const fields = fieldsOption(values, "config");
  const source = { kind: "embedded", name: required(values, "model"), ...(fields && { fields }) } as const;
  const info = await engine.loadModel(source, precision, "load", ({ done, total, note }) =>
    PROGRESS.show(total > 1 ? `${note} ${Math.floor((100 * done) / total)} %` : note),
  );
  PROGRESS.end();
  for (const note of info.notes) process.stderr.write(`${note}\n`);
  await attachSaes(engine, values);
  return { engine, info };
}

async function attachSaes(engine: EngineApi, values: Options): Promise<void> {
  for (const path of values.sae?.split(",") ?? []) {
    const names = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path];
    const files = await Promise.all(
      names
        .filter((name) => statSync(name).isFile())
        .map(async (name) => new File([await openAsBlob(name)], basename(name))),
    );
    const fields = fieldsOption(values, "sae-config");
    const source = { kind: "files", name: basename(path), files, ...(fields && { fields }) } as const;
    await engine.attachSaes(source, values["sae-site"], "sae");
  }
}

/** An attached autoencoder by its place among them. */
async function saeAt(engine: EngineApi, place: unknown): Promise<SaeInfo> {
  const saes = await engine.saes();
  const index = place === undefined ? 0 : Number(place);
  return saes[index] ?? usage(`autoencoder ${String(place ?? 0)} was named; --sae attached ${saes.length}`);
}

/** Token ids from --tokens, or from --text with the model's own BOS rule. */
async function inputTokens(engine: EngineApi, values: Options): Promise<number[]> {
  if (values.tokens !== undefined) {
    return values.tokens.split(",").map((part) => {
      const id = Number(part.trim());
      return part.trim() !== "" && Number.isInteger(id) && id >= 0
        ? id
        : usage(`--tokens has ${part}, expected token ids`);
    });
  }
  const chain = await engine.tokenizeChain({
    prompt: required(values, "text"),
    steps: [],
    answerPrefix: "",
    answer: "",
  });
  return [...chain.prompt];
}

/** The edits of --edits: texts inside them become tokens. */
async function inputEdits(engine: EngineApi, values: Options): Promise<Edit[]> {
  const given: unknown = JSON.parse(values.edits ?? "[]");
  if (!Array.isArray(given)) return usage("--edits must be a JSON list");
  const edits = (await withTokens(engine, given)) as Record<string, unknown>[];
  return Promise.all(
    edits.map(async (edit, i) => {
      const isPlace = edit["kind"] === "latent" && typeof edit["sae"] !== "object";
      const sae = isPlace ? { sae: await saeAt(engine, edit["sae"]) } : {};
      return { id: `e${i}`, on: true, strength: 1, ...edit, ...sae, ...pairsOf(edit) } as unknown as Edit;
    }),
  );
}

/** Pairs of masks and scores may come as text: rules, or (for a mask) a matrix, which says what is seen. */
function pairsOf(edit: Record<string, unknown>): object {
  const { kind, pairs, op, empty } = edit;
  if (kind !== "mask" && kind !== "score") return {};
  const read = typeof pairs === "string" ? readPairs(pairs) : undefined;
  if (read && "wrong" in read) return usage(`--edits: ${read.wrong}`);
  if (!read && !Array.isArray(pairs))
    return usage('--edits: a mask or a score needs “pairs”, such as "3 <- 0..2"');
  const usual = kind === "score" ? "set" : read?.isMatrix ? "only" : "hide";
  if (read?.isMatrix && (op ?? usual) !== "only")
    return usage("--edits: a matrix needs the op “only” of a mask");
  return {
    ...(read && { pairs: read.pairs }),
    op: op ?? usual,
    ...(kind === "mask" && { empty: empty ?? "zeros" }),
  };
}

/** The same with every prompt inside it as `{ text, tokens }`; those that come as text are tokenized. */
async function withTokens(engine: EngineApi, value: unknown, key = ""): Promise<unknown> {
  const isPrompt = ["from", "plus", "minus", "prompts"].includes(key);
  if (typeof value === "string" && isPrompt) {
    return { text: value, tokens: (await engine.tokenize(value, undefined)).map(({ id }) => id) };
  }
  if (Array.isArray(value)) {
    // Token ids in a prompt's place.
    const isTokens = isPrompt && key !== "prompts" && value.every((id) => typeof id === "number");
    if (isTokens) return { text: "", tokens: value };
    return Promise.all(value.map((item: unknown) => withTokens(engine, item, key)));
  }
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(
    async ([name, item]) => [name, await withTokens(engine, item, name)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

const CALLS = [
  "logitLens",
  "attribution",
  "neuron",
  "compare",
  "sweep",
  "saeDecode",
  "saeSplice",
  "saeLatent",
  "saeEffects",
] as const;

/** Calls about chains of thought: edits are a field of their requests. */
const CHAIN_CALLS = [
  "coalitions",
  "shapleyCost",
  "chainGame",
  "faithfulness",
  "writeChains",
  "anchorRollouts",
  "stepSuppression",
  "stepAttention",
] as const;

/** A request about a chain, whose parts may be text, under the edits. */
async function chainRequest(engine: EngineApi, given: object, edits: readonly Edit[]): Promise<object> {
  const chain = (given as { readonly chain?: ChainText | ChainTokens }).chain;
  const isText = typeof chain?.answer === "string";
  return {
    ...(edits.length > 0 && { edits }),
    ...given,
    ...(isText && { chain: await engine.tokenizeChain(chain as ChainText) }),
  };
}

const COMMANDS: Record<string, (values: Options, positionals: string[]) => Promise<object>> = {
  async inspect(values, [path]) {
    const given = modelPath(path ?? usage("inspect needs a PATH"), modelsRoot());
    const files = await withGivenConfig(await modelFilesFromPath(given), fieldsOption(values, "config"));
    return inspectModel(files, await createCpuDevice());
  },
  async tokenize(values) {
    const { engine } = await openEngine(values);
    return { tokens: await inputTokens(engine, values) };
  },
  async logits(values) {
    const { engine } = await openEngine(values);
    const tokens = await inputTokens(engine, values);
    const edits = await inputEdits(engine, values);
    const [tensor] = await engine.capture({ prompts: [{ tokens, edits }], sites: ["logits"] }, "logits");
    const [count = 0, width = 0] = tensor?.shape ?? [];
    const { data } = await engine.readTensor({
      ...{ id: tensor?.id ?? -1, leading: [], rows: [0, count], cols: [0, width] },
      ...{ maxRows: count, maxCols: width },
    });
    const rows = tokens.map((_, i) => Array.from(data.subarray(i * width, (i + 1) * width)));
    return { tokens, logits: rows };
  },
  async generate(values) {
    const { engine, info } = await openEngine(values);
    const tokens = await inputTokens(engine, values);
    const result = await engine.generate(
      {
        tokens,
        maxTokens: numberOption(values, "max"),
        temperature: numberOption(values, "temperature"),
        topK: numberOption(values, "top-k"),
        topP: numberOption(values, "top-p"),
        seed: numberOption(values, "seed"),
        stopIds: info.eosId === undefined ? [] : [info.eosId],
        edits: await inputEdits(engine, values),
      },
      "generate",
    );
    const text = info.hasTokenizer ? await engine.detokenize(result.tokens, tokens.at(-1)) : "";
    return { text, tokens: result.tokens };
  },
  async capture(values) {
    const { engine, info } = await openEngine(values);
    const tokens = await inputTokens(engine, values);
    const sites = required(values, "sites").split(",");
    const out = required(values, "out");
    const edits = await inputEdits(engine, values);
    const tensors = await engine.capture({ prompts: [{ tokens, edits }], sites }, "capture");
    const metadata = { model: info.name, sha256: info.sha256, tokens: tokens.join(",") };
    const ids = tensors.map(({ id }) => id);
    writeFileSync(out, await engine.exportTensors(ids, "safetensors", metadata));
    return { tokens, out, sites: tensors.map(({ site, shape }) => ({ site, shape })) };
  },
  async call(values, [name]) {
    const method = oneOf("method", name ?? "", [...CALLS, ...CHAIN_CALLS]);
    const { engine } = await openEngine(values);
    const chainCall = CHAIN_CALLS.find((one) => one === method);
    if (chainCall) {
      const request = await chainRequest(
        engine,
        JSON.parse(required(values, "request")) as object,
        await inputEdits(engine, values),
      );
      // As below: the engine says what is wrong with it.
      const asked = engine[chainCall] as (request: unknown, runId: string) => Promise<object>;
      return plain(await asked(request, "call")) as object;
    }
    const given: unknown = await withTokens(engine, JSON.parse(required(values, "request")));
    const edits = await inputEdits(engine, values);
    const needsPrompt = !["neuron", "compare", "saeLatent"].includes(method);
    const isOfSae = method.startsWith("sae");
    const prompt = needsPrompt ? { tokens: await inputTokens(engine, values), edits } : undefined;
    const asked: Record<string, unknown> = { ...(prompt && { prompt }), ...(given as object) };
    const request = isOfSae ? { ...asked, sae: (await saeAt(engine, asked["sae"])).id } : asked;
    // The request is what the visitor wrote: the engine says what is wrong with it.
    const call = engine[method] as (request: unknown, runId: string) => Promise<object>;
    return plain(await call(request, "call")) as object;
  },
  games(_, [file]) {
    const path = file ?? usage("games needs a file of tables");
    const tables = readGameTables(path, readFileSync(path, "utf8")).map(recompute);
    const worst = (of: (one: Recomputed) => number | undefined) =>
      Math.max(...tables.map((one) => of(one) ?? 0));
    return Promise.resolve({
      tables: tables.length,
      shapleyDiffers: worst((one) => one.shapleyDiffers),
      interactionsDiffer: worst((one) => one.interactionsDiffer),
      dividendsDiffer: worst((one) => one.dividendsDiffer),
      games: tables,
    });
  },
  async shapley(values) {
    const file = values.problems;
    const known = file === undefined ? undefined : problemAt(file, indexOption(values) ?? 0);
    const { engine } = await openEngine(values);
    const steps: unknown = known?.chain.steps ?? JSON.parse(required(values, "steps"));
    if (!Array.isArray(steps) || !steps.every((step): step is string => typeof step === "string")) {
      return usage("--steps must be a JSON list of strings");
    }
    const mode = oneOf<AblationMode>("mode", required(values, "mode"), ABLATION_MODES);
    const prompt = known?.chain.prompt ?? required(values, "problem");
    const answer = known?.chain.answer ?? required(values, "answer");
    const answerPrefix =
      values["answer-prefix"] ?? known?.chain.answerPrefix ?? (await ownCue(engine, prompt, steps, answer));
    const chain = await engine.tokenizeChain({ prompt, steps, answerPrefix, answer });
    const usesFiller = mode === "replace" || mode === "symbol";
    const fillerId = usesFiller ? (await filler(engine, values.filler)).id : 0;
    const seed = numberOption(values, "seed");
    const drawn = {
      samples: numberOption(values, "samples"),
      temperature: numberOption(values, "temperature") || 1,
    };
    const edits = await inputEdits(engine, values);
    /** Without the edits other tokens may be the same number. */
    const ablationUnder = (under: readonly Edit[]) =>
      stepAblation(
        engine,
        mode === "resample" ? chain : withTokenEdits(chain, under),
        { mode, fillerId, seed, ...drawn },
        "shapley",
      );
    const ablation = await ablationUnder(edits);
    const request = {
      ...{ chain, ...ablation, seed, budget: numberOption(values, "budget"), matrix: false },
      value: oneOf("value", required(values, "value"), TOKEN_VALUES),
      estimator: oneOf(
        "estimator",
        values.estimator ?? (steps.length > MAX_EXACT_STEPS ? "pairedRegression" : "exact"),
        GAME_ESTIMATORS,
      ),
    };
    const play = async (under: readonly Edit[]) => {
      const own = under === edits || mode === "resample" ? ablation : await ablationUnder(under);
      const { phi, leaveOneOut, interactions, ...result } = await engine.chainGame(
        { ...request, ...own, edits: under },
        "shapley",
        ({ coalitionsDone, coalitions }) => PROGRESS.show(`${coalitionsDone}/${coalitions} coalitions`),
      );
      return {
        ...{ ...result, fillerId, phi: phi.values, low: phi.low, high: phi.high, loo: leaveOneOut },
        ...(interactions && { interactions }),
      };
    };
    const played = await play(edits);
    return plain({
      ...(known && { problem: labelsOf(known.problem) }),
      ...played,
      ...(edits.length > 0 && { edits, unedited: await play([]) }),
    }) as object;
  },
  async faithfulness(values) {
    const path = required(values, "problems");
    const { engine } = await openEngine(values);
    return plain(
      await faithfulnessOver(engine, {
        path,
        index: indexOption(values),
        count: numberOption(values, "count"),
        tests: values.tests,
        filler: (await filler(engine, values.filler)).text,
        samples: numberOption(values, "samples"),
        temperature: numberOption(values, "temperature") || 1,
        maxTokens: values.max === undefined ? 160 : numberOption(values, "max"),
        seed: numberOption(values, "seed"),
        edits: await inputEdits(engine, values),
        onProgress: (text) => PROGRESS.show(text),
      }),
    ) as object;
  },
};

/** The place of a problem in its set. */
function indexOption(values: Options): number | undefined {
  if (values.index === undefined) return undefined;
  const index = numberOption(values, "index");
  return Number.isInteger(index) && index >= 0
    ? index
    : usage(`--index is ${values.index}, expected a place from 0 on`);
}

/** Typed arrays as lists, for JSON. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value))
    return Array.from(value as Float32Array, (x) => (Number.isNaN(x) ? null : x));
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}

/** How many tokens a cue may take. */
const CUE_TOKENS = 16;

/** What the model itself writes between the last step and the answer; "Answer :" if it never gives the answer. */
async function ownCue(
  engine: EngineApi,
  prompt: string,
  steps: readonly string[],
  answer: string,
): Promise<string> {
  const chain = await engine.tokenizeChain({ prompt, steps, answerPrefix: "", answer });
  const tokens = [...chain.prompt, ...chain.steps.flat()];
  const request = { tokens, maxTokens: CUE_TOKENS, temperature: 0, topK: 0, topP: 1, seed: 0, stopIds: [] };
  const { tokens: written } = await engine.generate(request, "cue");
  const infos = (await engine.describeTokens([...tokens.slice(-1), ...written])).slice(1);
  // The answer stands behind a colon: a number before it belongs to the text.
  const colon = infos.findIndex(({ text }) => text.trim() === ":");
  if (colon < 0) return " Answer :";
  return infos
    .slice(0, colon + 1)
    .map(({ text }) => text)
    .join("");
}

/** The filler that is named, else the first usual one that is one token of this model. */
async function filler(engine: EngineApi, text: string | undefined): Promise<Filler> {
  const found = text === undefined ? await findFiller(engine) : await readFiller(engine, text);
  return found ?? usage("no usual filler is one token of this model; name one with --filler");
}

export async function main(args: readonly string[]): Promise<void> {
  try {
    const { values, positionals } = parse(args);
    const [name = "", ...rest] = positionals;
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined)
      usage(`unknown command ${name || "(none)"}; known: ${Object.keys(COMMANDS).join(", ")}`);
    const output = await command(values, rest);
    PROGRESS.end();
    process.stdout.write(`${JSON.stringify(output)}\n`);
  } catch (error) {
    PROGRESS.end();
    const message = error instanceof Error ? error.message : String(error);
    process.stdout.write(`${JSON.stringify({ error: message.replaceAll(/\s+/g, " ") })}\n`);
    process.exitCode = 1;
  }
}
