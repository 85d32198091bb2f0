/**
 * Settings that a checkpoint keeps beside its weights, as JSON: a dictionary, a dataclass or an argparse.Namespace under a
 * usual name. They are told by training scripts, so they may hold anything; what is no plain data is left out.
 */
import { isJsonObject, type Json } from "../bytes/json";
import { PickleGlobal, PickleRecord, PickleTuple, type PickleValue } from "./pickleValues";

/** Where scripts keep them, what is said of the model before what is said of its training. */
const CONFIG_KEYS = [
  "model_args",
  "model_config",
  "model_cfg",
  "cfg",
  "config",
  "hparams",
  "hyper_parameters",
  "args",
];
/** Where the model's part of a config may stand inside it. */
const INNER_KEYS = ["model", "model_config", "cfg"];
const MAX_LIST = 1024;
const MAX_DEPTH = 4;

export const isConfigKey = (name: string) => CONFIG_KEYS.includes(name);

/** All settings beside the weights in one object, the most telling first; undefined if there are none. */
export function configBeside(beside: ReadonlyMap<string, PickleValue>): Json | undefined {
  const found = CONFIG_KEYS.map((key) => plainJson(beside.get(key) ?? null))
    .filter(isJsonObject)
    .flatMap((config) => [...INNER_KEYS.map((key) => config[key]).filter(isJsonObject), config])
    .filter((config) => Object.keys(config).length > 0);
  return found.length === 0 ? undefined : Object.assign({}, ...found.toReversed());
}

/** Undefined for what is no plain data. */
export function plainJson(value: PickleValue, depth = 0): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (value instanceof PickleGlobal) return value.name;
  if (depth >= MAX_DEPTH || typeof value !== "object") return undefined;
  const items = value instanceof PickleTuple ? value.items : value;
  if (Array.isArray(items)) {
    if (items.length > MAX_LIST) return undefined;
    return (items as readonly PickleValue[]).map((item) => plainJson(item, depth + 1) ?? null);
  }
  const fields = value instanceof PickleRecord ? value.fields : value;
  if (!(fields instanceof Map)) return undefined;
  const entries = [...fields].flatMap(([name, field]): [string, unknown][] => {
    const json = typeof name === "string" && name !== "__proto__" ? plainJson(field, depth + 1) : undefined;
    return json === undefined ? [] : [[String(name), json]];
  });
  return Object.fromEntries(entries);
}
