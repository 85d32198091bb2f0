/**
 * The state dict inside an unpickled checkpoint: the dictionary of tensors itself, or one under a usual key beside
 * the optimizer, the step and what else training keeps. Whatever is no tensor is left out, and named.
 */
import { VitrineError } from "../../protocol/errors";
import { showText, showValue, type PickleDict, type PickleValue } from "./pickleValues";
import { TorchTensor } from "./torchGlobals";

/** Where training scripts put the weights, most telling first. */
const USUAL_KEYS = ["state_dict", "model_state_dict", "model"];
const KEYS_SHOWN = 8;

export interface StateDict {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** Keys that were left out, for a note. */
  readonly leftOut: readonly string[];
  /** What else stands beside the tensors: settings, by name. */
  readonly others: ReadonlyMap<string, PickleValue>;
}

export function findStateDict(where: string, root: PickleValue): StateDict {
  if (!(root instanceof Map)) {
    throw new VitrineError(
      "BadFile",
      `${where} holds ${showValue(root)}, expected a state dict: save it with torch.save(model.state_dict(), …).`,
    );
  }
  const key = USUAL_KEYS.find((name) => hasTensors(root.get(name)));
  const dict = key === undefined ? root : (root.get(key) as PickleDict);
  const tensors = new Map<string, TorchTensor>();
  const others = new Map<string, PickleValue>();
  const leftOut = dict === root ? [] : [...root.keys()].filter((name) => name !== key).map(shownKey);
  for (const [name, value] of dict) {
    if (typeof name === "string" && value instanceof TorchTensor) tensors.set(name, value);
    else {
      leftOut.push(shownKey(name));
      if (typeof name === "string") others.set(name, value);
    }
  }
  if (tensors.size > 0) return { tensors, leftOut, others };
  throw new VitrineError(
    "BadFile",
    `${where} holds no tensors, neither at the top nor under ${USUAL_KEYS.join(", ")}, but ${someOf(leftOut) || "nothing"}: save it with torch.save(model.state_dict(), …).`,
  );
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
