/** The command `call`: a method of the engine by its name. */
import type { EngineApi } from "../protocol/api";
import type { ChainText, ChainTokens } from "../protocol/chain";
import { GRAPH_DEFAULTS } from "../protocol/gradients/graphs";
import type { Edit } from "../protocol/interventions";
import { fitLens, judgeLens, openLens } from "./lenses";
import type { SteeringEffectRequest, SteeringVectorsRequest } from "../protocol/steering";
import { inputEdits, inputTokens, withTokens } from "./inputs";
import { openEngine, saeAt } from "./openEngine";
import { oneOf, required, type Options } from "./options";
import { plain } from "./plain";
import { effectRequest, steeringRequest, writeDirections } from "./steering";

const CALLS = [
  "logitLens",
  "attribution",
  "neuron",
  "compare",
  "sweep",
  "attributionPatching",
  "tokenAttribution",
  "edgeAttribution",
  "latentAttribution",
  "attributionGraph",
  "steeringVectors",
  "steeringEffect",
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

/** Calls whose texts come from a file or the generator. */
const LENS_CALLS = { fitJacobianLens: fitLens, lensQuality: judgeLens } as const;

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

/** A graph's dictionaries are named by their places, all that are attached if left out; sizes have defaults. */
async function graphRequest(engine: EngineApi, asked: Record<string, unknown>): Promise<object> {
  const places = Array.isArray(asked["saes"]) ? asked["saes"] : [...(await engine.saes()).keys()];
  const saes = await Promise.all(places.map(async (place) => (await saeAt(engine, place)).id));
  return { ...GRAPH_DEFAULTS, ...asked, saes };
}

/** Directions from pairs, and what they do: files are read and written beside the call. */
async function callSteering(
  values: Options,
  { engine, info }: Awaited<ReturnType<typeof openEngine>>,
  method: "steeringVectors" | "steeringEffect",
): Promise<object> {
  const given = JSON.parse(required(values, "request")) as Readonly<Record<string, unknown>>;
  if (method === "steeringEffect") {
    const request = (await effectRequest(engine, given)) as unknown as SteeringEffectRequest;
    const edits = await inputEdits(engine, values);
    const prompts = request.prompts.map((prompt) => ({ edits, ...prompt }));
    return plain(await engine.steeringEffect({ ...request, prompts }, "call")) as object;
  }
  const request = (await withTokens(engine, steeringRequest(given))) as SteeringVectorsRequest;
  const result = await engine.steeringVectors(request, "call");
  const written = await writeDirections(engine, info, values, request, result);
  return { ...written, ...(plain(result) as object) };
}

/** Any method of the engine, its request as JSON. */
export async function callMethod(values: Options, [name]: string[]): Promise<object> {
  const asNamed = name === "graph" ? "attributionGraph" : (name ?? "");
  const lensCalls = Object.keys(LENS_CALLS) as (keyof typeof LENS_CALLS)[];
  const method = oneOf("method", asNamed, [...CALLS, ...lensCalls, ...CHAIN_CALLS]);
  const open = await openEngine(values);
  const { engine, info } = open;
  if (method === "fitJacobianLens" || method === "lensQuality")
    return plain(await LENS_CALLS[method](engine, info, values)) as object;
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
  if (method === "steeringVectors" || method === "steeringEffect") return callSteering(values, open, method);
  const given: unknown = await withTokens(engine, JSON.parse(required(values, "request")));
  const edits = await inputEdits(engine, values);
  const needsPrompt = !["neuron", "compare", "saeLatent"].includes(method);
  const isOfSae = method.startsWith("sae") || method === "latentAttribution";
  const prompt = needsPrompt ? { tokens: await inputTokens(engine, values), edits } : undefined;
  const asked: Record<string, unknown> = { ...(prompt && { prompt }), ...(given as object) };
  if (method === "logitLens" && values.lens !== undefined)
    asked["lens"] = await openLens(engine, values.lens);
  const request = isOfSae
    ? { ...asked, sae: (await saeAt(engine, asked["sae"])).id }
    : method === "attributionGraph"
      ? await graphRequest(engine, asked)
      : asked;
  // The request is what the visitor wrote: the engine says what is wrong with it.
  const call = engine[method] as (request: unknown, runId: string) => Promise<object>;
  return plain(await call(request, "call")) as object;
}
