/**
 * What a pickle can hold here: plain data, and objects that an allow-list made. Dictionaries are Maps, so that no
 * key of a file is ever a property name.
 */

export type PickleValue =
  | null
  | boolean
  | number
  /** Beyond 2 ** 53. */
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleTuple
  | PickleDict
  | PickleObject;

export type PickleDict = Map<PickleValue, PickleValue>;

export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** Something that only an allow-list makes: a global, or what comes of calling one. */
export abstract class PickleObject {
  /** For messages. */
  abstract readonly name: string;
}

/** A name that a pickle may mention. Without `call` it cannot be called. */
export class PickleGlobal extends PickleObject {
  constructor(
    readonly name: string,
    /** Answers undefined for arguments that do not fit. Never runs anything of the file's. */
    readonly call?: (args: readonly PickleValue[]) => PickleValue | undefined,
  ) {
    super();
  }
}

/** A class of the file's own. Nothing of it is known but its name, and it can only stand for records. */
export class PickleClass extends PickleObject {
  constructor(readonly name: string) {
    super();
  }
}

/** An object of such a class: its attributes, which are plain data (a dataclass, an argparse.Namespace). */
export class PickleRecord extends PickleObject {
  readonly fields: PickleDict = new Map();
  constructor(readonly name: string) {
    super();
  }
}

const MAX_SHOWN_CHARS = 100;
const MAX_SHOWN_ITEMS = 6;

/** A value for a message: one level deep, and short. */
export function showValue(value: PickleValue): string {
  if (!(value instanceof PickleTuple)) return showItem(value);
  const items = value.items.slice(0, MAX_SHOWN_ITEMS).map(showItem);
  return `(${[...items, ...(value.items.length > items.length ? ["…"] : [])].join(", ")})`;
}

function showItem(value: PickleValue): string {
  if (typeof value === "string") return showText(value);
  if (value === null) return "None";
  if (typeof value !== "object") return shortened(String(value));
  if (value instanceof PickleTuple) return `a tuple of ${value.items.length}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Map) return `a dict of ${value.size}`;
  return value instanceof Uint8Array ? `${value.length} bytes` : value.name;
}

/** Quoted, so that no line break of a file breaks a message. */
export const showText = (text: string) => JSON.stringify(shortened(text));

const shortened = (text: string) =>
  text.length > MAX_SHOWN_CHARS ? `${text.slice(0, MAX_SHOWN_CHARS)}…` : text;
