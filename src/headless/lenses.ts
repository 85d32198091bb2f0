/** Jacobian lenses on the command line: fitted on texts and written to a file, opened from one, judged. */
import { openAsBlob, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import type { EngineApi, ModelInfo } from "../protocol/api";
import { documentsOfFile } from "../client/sae/corpusTexts";
import { ledgerTexts } from "../client/edits/promptSets";
import { lensContexts, PUBLISHED } from "../client/lens/lensTexts";
import { PROGRESS } from "./openEngine";
import { required, usage, type Options } from "./options";

interface TextsRequest {
  readonly problems?: number;
  readonly seed?: number;
  readonly longest?: number;
  readonly skipFirst?: number;
}

/** The texts of --texts, or problems of the ledger generator from a seed, as contexts. */
async function texts(engine: EngineApi, info: ModelInfo, values: Options, asked: TextsRequest) {
  const { problems, seed = 0 } = asked;
  const longest = Math.min(asked.longest ?? PUBLISHED.longest, info.nCtx);
  if (values.texts === undefined && problems === undefined)
    usage('give texts: --texts FILE, or "problems": N in --request');
  const named =
    values.texts === undefined
      ? ledgerTexts(problems ?? 0, seed)
      : documentsOfFile(basename(values.texts), readFileSync(values.texts, "utf8"));
  const before = info.bosId === undefined ? [] : [info.bosId];
  const read = await lensContexts(named, longest, before, (text) => engine.tokenize(text, false));
  return { ...read, before, skipFirst: asked.skipFirst ?? PUBLISHED.skipFirst };
}

/** Fits, and writes the lens to --out if that is given. */
export async function fitLens(engine: EngineApi, info: ModelInfo, values: Options): Promise<object> {
  const asked = JSON.parse(required(values, "request")) as TextsRequest;
  const found = await engine.fitJacobianLens(
    await texts(engine, info, values, asked),
    "call",
    ({ texts: done, allTexts = 0 }) => PROGRESS.show(`fitting: ${done} of ${allTexts} texts`),
  );
  if (values.out !== undefined) writeFileSync(values.out, await engine.exportLens(found.id));
  return values.out === undefined ? found : { ...found, out: values.out };
}

/** The lens of --lens, on texts of --texts or of the generator. */
export async function judgeLens(engine: EngineApi, info: ModelInfo, values: Options): Promise<object> {
  const asked = JSON.parse(required(values, "request")) as TextsRequest;
  const { contexts, before, skipFirst } = await texts(engine, info, values, asked);
  const lens = await openLens(engine, required(values, "lens"));
  const request = { lens, contexts, before, skipFirst, seed: asked.seed ?? 0 };
  return engine.lensQuality(request, "call", ({ texts: done, allTexts }) =>
    PROGRESS.show(`judging: ${done} of ${allTexts} texts`),
  );
}

/** The id of a lens in a file; what the file does not say goes to standard error. */
export async function openLens(engine: EngineApi, path: string): Promise<number> {
  const [lens] = await engine.openLenses([new File([await openAsBlob(path)], basename(path))], "lens");
  if (!lens) return usage(`${path} holds no lens`);
  for (const note of lens.notes) process.stderr.write(`${lens.name}: ${note}\n`);
  return lens.id;
}
