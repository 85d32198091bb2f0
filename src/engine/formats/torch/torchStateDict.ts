/**
 * The state dict inside an unpickled checkpoint: the dictionary of tensors itself, one under a usual key beside the
 * optimizer, the step and what else training keeps, or one of a series that was saved over the training. Whatever is no
 * tensor is left out, and named.
 */
import { VitrineError } from "../../../protocol/errors";
import { showText, showValue, type PickleDict, type PickleValue } from "./pickleValues";
import { TorchTensor } from "./torchGlobals";

/** Where training scripts put the weights, most telling first. */
const USUAL_KEYS = ["state_dict", "model_state_dict", "model", "model_state", "sae_state_dict", "sae"];
/** Where they put the weights of many epochs. */
const SERIES_KEYS = ["state_dicts", "checkpoints", "model_checkpoints", "metrics_dictionary"];
/** Which epochs those are. */
const EPOCH_KEYS = ["checkpoint_epochs", "epochs", "checkpoint_steps", "steps"];
const KEYS_SHOWN = 8;
const MAX_SERIES = 10_000;

export interface StateDict {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** Keys that were left out, for a note. */
  readonly leftOut: readonly string[];
  /** What else stands in the state dict, by name: settings. */
  readonly others: ReadonlyMap<string, PickleValue>;
  /** What stands beside the state dict, by name: configs, losses, means of activations. */
  readonly beside: ReadonlyMap<string, PickleValue>;
  /** Where the file holds the weights of many epochs. */
  readonly series?: Series;
}

export interface Series {
  /** Of each, in order: its epoch where the file tells it, "final" for what stands apart. */
  readonly names: readonly string[];
  readonly chosen: number;
}

interface Member {
  readonly name: string;
  readonly dict: PickleDict;
}

/** `wanted`: the place in the series, from the end if negative; the last if it is not said. */
export function findStateDict(where: string, root: PickleValue, wanted = -1): StateDict {
  const isList = membersOf(Array.isArray(root) ? root : undefined, new Map()).length > 0;
  const top: PickleDict = isList ? new Map([["state_dicts", root]]) : asDict(where, root);
  const key = USUAL_KEYS.find((name) => hasTensors(top.get(name)));
  const seriesKey = SERIES_KEYS.find((name) => membersOf(top.get(name), top).length > 0);
  const single = key === undefined ? undefined : (top.get(key) as PickleDict);
  const members = [
    ...(seriesKey === undefined ? membersOf(numbered(top), top) : membersOf(top.get(seriesKey), top)),
    ...(single ? [{ name: "final", dict: single }] : []),
  ];
  const chosen = members.length > 1 ? placeOf(where, members, wanted) : 0;
  const dict = members[chosen]?.dict ?? top;
  const tensors = new Map<string, TorchTensor>();
  const others = new Map<string, PickleValue>();
  const beside = new Map<string, PickleValue>();
  const leftOut: string[] = [];
  if (dict !== top) {
    for (const [name, value] of top) {
      if (name === key || name === seriesKey || typeof name === "number") continue;
      leftOut.push(shownKey(name));
      if (typeof name === "string") beside.set(name, value);
    }
  }
  for (const [name, value] of dict) {
    if (typeof name === "string" && value instanceof TorchTensor) tensors.set(name, value);
    else {
      leftOut.push(shownKey(name));
      if (typeof name === "string") others.set(name, value);
    }
  }
  const series = { names: members.map(({ name }) => name), chosen };
  if (tensors.size > 0)
    return { tensors, leftOut, others, beside, ...(members.length > 1 ? { series } : {}) };
  throw new VitrineError(
    "BadFile",
    `${where} holds no tensors, neither at the top nor under ${USUAL_KEYS.slice(0, 3).join(", ")}, but ${someOf(leftOut) || "nothing"}: save it with torch.save(model.state_dict(), …).`,
  );
}

function asDict(where: string, root: PickleValue): PickleDict {
  if (root instanceof Map) return root;
  throw new VitrineError(
    "BadFile",
    `${where} holds ${showValue(root)}, expected a state dict: save it with torch.save(model.state_dict(), …).`,
  );
}

function placeOf(where: string, members: readonly Member[], wanted: number): number {
  const place = wanted < 0 ? members.length + wanted : wanted;
  if (Number.isInteger(place) && place >= 0 && place < members.length) return place;
  throw new VitrineError(
    "BadFile",
    `${where} holds ${members.length} checkpoints: checkpoint is ${wanted}, expected 0 to ${members.length - 1}, or -1 for the last.`,
  );
}

/** The state dicts of a list, or of a dictionary by epoch; none if it is something else. */
function membersOf(series: PickleValue | undefined, top: PickleDict): Member[] {
  if (series instanceof Map) {
    return [...series].flatMap(([epoch, value]) => {
      const dict = weightsIn(value);
      return dict && typeof epoch !== "object" ? [{ name: String(epoch), dict }] : [];
    });
  }
  if (!Array.isArray(series) || series.length > MAX_SERIES) return [];
  const dicts = series.map(weightsIn);
  if (dicts.some((dict) => dict === undefined)) return [];
  const epochs = EPOCH_KEYS.map((name) => top.get(name)).find(
    (list) => Array.isArray(list) && list.length === dicts.length && list.every(isNumber),
  ) as readonly number[] | undefined;
  return dicts.flatMap((dict, i) => (dict ? [{ name: String(epochs?.[i] ?? i), dict }] : []));
}

const isNumber = (value: PickleValue) => typeof value === "number";

/** What a checkpoint keeps under numbers: weights by epoch. */
const numbered = (top: PickleDict): PickleDict =>
  new Map([...top].filter(([name]) => typeof name === "number"));

/** A state dict, or the one under a usual key inside. */
function weightsIn(value: PickleValue): PickleDict | undefined {
  if (hasTensors(value)) return value as PickleDict;
  if (!(value instanceof Map)) return undefined;
  const inner = USUAL_KEYS.map((name) => value.get(name)).find((item) => hasTensors(item));
  return inner as PickleDict | undefined;
}

export const someOf = (names: readonly string[]) =>
  names.slice(0, KEYS_SHOWN).join(", ") + (names.length > KEYS_SHOWN ? ", …" : "");

function hasTensors(value: PickleValue | undefined): boolean {
  return value instanceof Map && [...value.values()].some((item) => item instanceof TorchTensor);
}

/** Only unusual keys are quoted. */
function shownKey(key: PickleValue): string {
  if (typeof key !== "string") return showValue(key);
  return /^[\w.-]{1,100}$/.test(key) ? key : showText(key);
}
