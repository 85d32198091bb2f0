/** Requests about steering vectors: pairs and directions may come from files, and directions go to one. */
import { openAsBlob, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import type { EngineApi, ModelInfo } from "../protocol/api";
import {
  DIRECTION_METHODS,
  STEERING_FORMATS,
  type DirectionMethod,
  type SteeringVectorsRequest,
  type SteeringVectorsResult,
} from "../protocol/steering";
import { readPairsFile } from "../client/steering/contrastPairs";
import { directionsOf, LENGTHS, type Length } from "../client/steering/directions";
import { ledgerPairs } from "../client/steering/ledgerPairs";
import { withTokens } from "./inputs";
import { oneOf, usage, type Options } from "./options";

/** The command line's own fields of a request: which direction is written, and how long it is. */
export interface Written {
  readonly direction?: DirectionMethod;
  readonly length?: Length;
}

const EVERYDAY = {
  site: "resid_post",
  over: "last",
  centring: "none",
  testShare: 0.25,
  shuffles: 20,
  seed: 1,
};

/** `pairs` may be a file, or seeds of the generated language ("ledger 1001 48": from a seed, so many). */
export function steeringRequest(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { pairs } = given;
  return { ...EVERYDAY, ...given, ...(typeof pairs === "string" && { pairs: pairsOf(pairs) }) };
}

function pairsOf(name: string) {
  const [, from, count] = /^ledger (\d+) (\d+)$/.exec(name) ?? [];
  if (from) return ledgerPairs(Number(from), Number(count));
  return readPairsFile(basename(name), readFileSync(name, "utf8"));
}

/** `directions` may be a file, and `prompts` pairs: the prompts that stand beside them, or else the negative ones. */
export async function effectRequest(engine: EngineApi, given: Readonly<Record<string, unknown>>) {
  const everyday = { site: "resid_post", strengths: [-2, -1, 0, 1, 2], at: "all", controls: 2, seed: 1 };
  const { directions, prompts, ...rest } = given;
  const texts =
    typeof prompts === "string"
      ? pairsOf(prompts).map(({ prompt, negative }) => prompt ?? negative)
      : prompts;
  const asked = (await withTokens(engine, { ...rest, prompts: texts })) as object;
  if (typeof directions !== "string") return { ...everyday, ...asked, directions };
  const file = new File([await openAsBlob(directions)], basename(directions));
  const found = await engine.readSteeringFile(file);
  if (!found) return usage(`${directions} holds no directions by layer`);
  return { ...everyday, site: found.site, ...asked, directions: found.directions };
}

/** Writes what --out names; the ending says as what. */
export async function writeDirections(
  engine: EngineApi,
  info: ModelInfo,
  values: Options,
  asked: Pick<SteeringVectorsRequest, "pairs" | "over" | "centring"> & Written,
  result: SteeringVectorsResult,
): Promise<object> {
  const { out } = values;
  if (out === undefined) return {};
  const format = oneOf("ending of --out", out.slice(out.lastIndexOf(".") + 1), [...STEERING_FORMATS]);
  const method = oneOf("direction", asked.direction ?? "meanDifference", [...DIRECTION_METHODS]);
  const length = oneOf("length", asked.length ?? "meanDifference", [...LENGTHS]);
  const metadata = {
    ...{ model: info.name, sha256: info.sha256, direction: method, length },
    ...{ over: asked.over, centring: asked.centring, pairs: String(result.train.length) },
  };
  const directions = directionsOf(result, method, length);
  const { site } = result;
  const file = { format, site, directions, modelHint: info.architecture, metadata };
  writeFileSync(out, await engine.writeSteeringFile(file));
  return { out };
}
