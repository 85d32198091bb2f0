/** The command `call`: a method of the engine by its name. */
import type { EngineApi } from "../protocol/api";
import type { ChainText, ChainTokens } from "../protocol/chain";
import type { Edit } from "../protocol/interventions";
import { inputEdits, inputTokens, withTokens } from "./inputs";
import { openEngine, saeAt } from "./openEngine";
import { oneOf, required, type Options } from "./options";
import { plain } from "./plain";

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

/** Any method of the engine, its request as JSON. */
export async function callMethod(values: Options, [name]: string[]): Promise<object> {
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
  const isOfSae = method.startsWith("sae") || method === "latentAttribution";
  const prompt = needsPrompt ? { tokens: await inputTokens(engine, values), edits } : undefined;
  const asked: Record<string, unknown> = { ...(prompt && { prompt }), ...(given as object) };
  const request = isOfSae ? { ...asked, sae: (await saeAt(engine, asked["sae"])).id } : asked;
  // The request is what the visitor wrote: the engine says what is wrong with it.
  const call = engine[method] as (request: unknown, runId: string) => Promise<object>;
  return plain(await call(request, "call")) as object;
}
