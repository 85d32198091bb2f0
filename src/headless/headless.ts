/**
 * The engine without a page: one command, one JSON object on standard output and nothing else. Notes on the model go
 * to standard error, and progress, if that is a terminal; a failure is one line `{"error": …}` and a non-zero exit.
 *
 *   inspect PATH
 *   tokenize --model DIR --text T
 *   logits   --model DIR (--tokens 1,2,3 | --text T)
 *   generate --model DIR (--tokens … | --text T) --max N [--temperature X --top-k K --top-p P --seed S]
 *   capture  --model DIR (--tokens … | --text T) --sites a,b --out FILE.safetensors
 *   gradient --model DIR (--tokens … | --text T) --target ID [--minus ID] --position P --sites a,b --out FILE.safetensors
 *            [--frozen patterns,scales]: of log p(target) after position P, or of the target's logit less that of minus
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
 *   graphFile FILE [--out FILE]
 *            an attribution graph in the public JSON: what it holds, notes on what cannot be drawn, its scores by its links,
 *            whether it is the same when written back
 *   call METHOD --model DIR --request JSON [--tokens … | --text T]
 *            METHOD: logitLens, fitJacobianLens, lensQuality, attribution, neuron, compare, sweep (protocol/analysis.ts),
 *            tokenAttribution, attributionPatching, edgeAttribution (protocol/gradients/attributions.ts), graph (or attributionGraph, its
 *            name in the API: protocol/gradients/graphs.ts; "saes" are places, all that are attached if left out), steeringVectors,
 *            steeringEffect (protocol/steering.ts; "pairs" may be a CSV or JSONL, or "ledger SEED COUNT"; "directions" a file;
 *            --out FILE.gguf|safetensors|npz writes the "direction" meanDifference or component), saeDecode, saeSplice, saeLatent,
 *            saeEffects (protocol/sae/features.ts), coalitions, shapleyCost, chainGame, faithfulness, writeChains, anchorRollouts,
 *            stepSuppression, stepAttention (protocol/chainApi.ts); --text or --tokens is the request's prompt where it has
 *            none; a chain in a request may be text.
 *            fitJacobianLens and lensQuality take their texts from --texts FILE (text or JSONL), or from the ledger generator by
 *            "problems" and "seed" in the request, with "longest" (128) and "skipFirst" (16); the fit is written to --out
 *            FILE.safetensors. --lens FILE is the lens that lensQuality judges and that logitLens reads through
 *
 * logits, generate, capture, gradient, shapley, faithfulness and call take --edits JSON, a list of edits (protocol/interventions.ts; `id` and `on` may be
 * left out, and a prompt inside an edit may be its text alone). Of a chain they name positions of its whole text.
 * --sae PATH[,PATH] attaches autoencoders, files or folders in any layout that the page opens; --sae-site names their site where
 * they do not. An edit of latents, or a request about an autoencoder, names one by its place among them (0 if left out).
 * --sae-config JSON (or a file) says what an autoencoder's files do not: dict_class, k, submodule_name, layer.
 * --config JSON (or a file) says fields of the model's config that its files do not, and comes before those that they do:
 * '{"n_heads":4,"act_fn":"relu"}'; "checkpoint" chooses among those that one file holds, from the end if negative.
 * All take --device cpu|webgpu (default cpu) and --precision f32|f16|q8|auto (default auto). DIR is a folder or
 * file in any layout that the page opens, or the name of an embedded model.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { readGameTables, recompute, type Recomputed } from "../shapley/tables";
import { createCpuDevice } from "../engine/device/cpu";
import { modelFilesFromPath } from "../engine/formats/bytes/sourceNode";
import { withGivenConfig } from "../engine/formats/tokenizer/tokenizerFiles";
import { modelPath } from "../engine/hosts/nodeHost";
import { inspectModel } from "../engine/open/inspectModel";
import { callMethod } from "./callMethod";
import { filler } from "./filler";
import { gradient } from "./gradient";
import { graphFile } from "./graphFile";
import { inputEdits, inputTokens } from "./inputs";
import { modelsRoot, openEngine, PROGRESS } from "./openEngine";
import { fieldsOption, indexOption, numberOption, parse, required, usage, type Options } from "./options";
import { plain } from "./plain";
import { faithfulnessOver } from "./problems";
import { shapley } from "./shapley";

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
  gradient,
  graphFile,
  call: callMethod,
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
  shapley,
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
