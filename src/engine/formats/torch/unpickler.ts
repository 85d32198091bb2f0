/**
 * Reads a pickle as data. A pickle is a program for a small stack machine that may call anything importable; this
 * machine knows the opcodes that make dictionaries, lists, tuples, texts and numbers, and an allow-list of names.
 * Any other opcode or name is refused by its name. Nothing of the file's is run or looked up anywhere. The one exception
 * are objects of the file's own classes that are made of nothing and then given attributes (a dataclass of settings, an
 * argparse.Namespace): they become records, which have a name and plain fields, whatever their class would do.
 */
import { VitrineError } from "../../../protocol/errors";
import { PickleCursor } from "./pickleCursor";
import { opcodeName, OPCODE as OP } from "./pickleOpcodes";
import {
  PickleClass,
  PickleGlobal,
  PickleRecord,
  PickleTuple,
  showText,
  showValue,
  type PickleValue,
} from "./pickleValues";

/** Values under way at once. Pickles hand over dictionaries and lists in batches of 1000. */
const MAX_STACK = 100_000;
/** Open marks: how deep the data is nested. */
const MAX_DEPTH = 200;
/** A tensor takes about eight. */
const MAX_MEMO = 2_000_000;
const PROTOCOLS = [2, 3, 4, 5];

/** What a pickle may mention besides plain data. */
export interface PickleRules {
  /** By module, then by name within it. */
  readonly globals: ReadonlyMap<string, ReadonlyMap<string, PickleGlobal>>;
  /** What an id of something outside the pickle stands for; undefined if it is no such id. */
  persistent(id: PickleValue): PickleValue | undefined;
  /** Attributes of this are set and do not matter here. */
  mayBuild(target: PickleValue): boolean;
}

/** `where`: the file, for messages. */
export function unpickle(where: string, bytes: Uint8Array<ArrayBuffer>, rules: PickleRules): PickleValue {
  return new Machine(where, bytes, rules).run();
}

const CURE = "save the weights alone, with torch.save(model.state_dict(), …)";

class Machine {
  private readonly cursor: PickleCursor;
  private readonly stack: PickleValue[] = [];
  /** Stack heights. */
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, PickleValue>();

  constructor(
    private readonly where: string,
    bytes: Uint8Array<ArrayBuffer>,
    private readonly rules: PickleRules,
  ) {
    this.cursor = new PickleCursor(where, bytes);
  }

  run(): PickleValue {
    this.protocol(this.cursor.u8());
    for (;;) {
      const code = this.cursor.u8();
      if (code === OP.STOP) return this.pop();
      this.step(code);
      if (this.stack.length > MAX_STACK) throw this.bad(`holds more than ${MAX_STACK} values at once`);
    }
  }

  private protocol(code: number): void {
    const version = code === OP.PROTO ? this.cursor.u8() : undefined;
    if (version !== undefined && PROTOCOLS.includes(version)) return;
    const shown = version === undefined ? `begins with ${opcodeName(code)}` : `has protocol ${version}`;
    throw this.unsupported(`${shown}, expected protocol ${PROTOCOLS.join(", ")}`);
  }

  private step(code: number): void {
    const { cursor } = this;
    switch (code) {
      case OP.FRAME:
        // Frames only tell how much to read ahead.
        cursor.u64();
        return;
      case OP.NONE:
        return this.push(null);
      case OP.NEWTRUE:
        return this.push(true);
      case OP.NEWFALSE:
        return this.push(false);
      case OP.BININT:
        return this.push(cursor.i32());
      case OP.BININT1:
        return this.push(cursor.u8());
      case OP.BININT2:
        return this.push(cursor.u16());
      case OP.LONG1:
        return this.push(cursor.integer(cursor.u8()));
      case OP.BINFLOAT:
        return this.push(cursor.f64());
      case OP.SHORT_BINUNICODE:
        return this.push(cursor.text(cursor.u8()));
      case OP.BINUNICODE:
        return this.push(cursor.text(cursor.u32()));
      case OP.BINUNICODE8:
        return this.push(cursor.text(cursor.u64()));
      case OP.SHORT_BINBYTES:
        return this.push(cursor.raw(cursor.u8()));
      case OP.BINBYTES:
        return this.push(cursor.raw(cursor.u32()));
      case OP.BINBYTES8:
        return this.push(cursor.raw(cursor.u64()));
      case OP.EMPTY_DICT:
        return this.push(new Map());
      case OP.EMPTY_LIST:
        return this.push([]);
      case OP.EMPTY_TUPLE:
        return this.push(new PickleTuple([]));
      case OP.TUPLE1:
        return this.tuple(1);
      case OP.TUPLE2:
        return this.tuple(2);
      case OP.TUPLE3:
        return this.tuple(3);
      case OP.TUPLE:
        return this.push(new PickleTuple(this.popToMark()));
      case OP.MARK:
        return this.mark();
      case OP.APPEND:
        return this.append([this.pop()]);
      case OP.APPENDS:
        return this.append(this.popToMark());
      case OP.SETITEM:
        return this.setItems(this.popMany(2));
      case OP.SETITEMS:
        return this.setItems(this.popToMark());
      case OP.BINPUT:
        return this.remember(cursor.u8());
      case OP.LONG_BINPUT:
        return this.remember(cursor.u32());
      case OP.MEMOIZE:
        return this.remember(this.memo.size);
      case OP.BINGET:
        return this.recall(cursor.u8());
      case OP.LONG_BINGET:
        return this.recall(cursor.u32());
      case OP.GLOBAL:
        return this.global(cursor.line(), cursor.line());
      case OP.STACK_GLOBAL:
        return this.stackGlobal();
      case OP.NEWOBJ:
        return this.record();
      case OP.REDUCE:
        return this.reduce();
      case OP.BUILD:
        return this.build();
      case OP.BINPERSID:
        return this.persistent();
      default:
        throw this.unsupported(`has opcode ${opcodeName(code)}, which state dicts do not need`);
    }
  }

  private push(value: PickleValue): void {
    this.stack.push(value);
  }

  /** Never takes what lies below an open mark. */
  private pop(): PickleValue {
    const value = this.stack.length > (this.marks.at(-1) ?? 0) ? this.stack.pop() : undefined;
    if (value === undefined) throw this.bad("takes a value where there is none");
    return value;
  }

  /** In the order in which they were pushed. */
  private popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  private mark(): void {
    if (this.marks.push(this.stack.length) > MAX_DEPTH)
      throw this.bad(`is nested more than ${MAX_DEPTH} deep`);
  }

  private popToMark(): PickleValue[] {
    const height = this.marks.pop();
    if (height === undefined) throw this.bad("goes back to a mark where there is none");
    return this.stack.splice(height);
  }

  private tuple(length: number): void {
    this.push(new PickleTuple(this.popMany(length)));
  }

  private append(items: readonly PickleValue[]): void {
    const list = this.pop();
    if (!Array.isArray(list)) throw this.bad(`appends to ${showValue(list)}, which is no list`);
    for (const item of items) list.push(item);
    this.push(list);
  }

  private setItems(items: readonly PickleValue[]): void {
    const target = this.pop();
    const dict = target instanceof PickleRecord ? target.fields : target;
    if (!(dict instanceof Map) || items.length % 2 !== 0)
      throw this.bad(`sets ${items.length} keys and values in ${showValue(target)}`);
    for (let i = 0; i < items.length; i += 2) dict.set(items[i] ?? null, items[i + 1] ?? null);
    this.push(target);
  }

  private remember(key: number): void {
    const value = this.pop();
    this.memo.set(key, value);
    if (this.memo.size > MAX_MEMO) throw this.bad(`remembers more than ${MAX_MEMO} values`);
    this.push(value);
  }

  private recall(key: number): void {
    const value = this.memo.get(key);
    if (value === undefined) throw this.bad(`recalls value ${key}, which it never remembered`);
    this.push(value);
  }

  private stackGlobal(): void {
    const [module = null, name = null] = this.popMany(2);
    if (typeof module !== "string" || typeof name !== "string")
      throw this.unsupported(`names a global ${showValue(name)} of ${showValue(module)}`);
    this.global(module, name);
  }

  private global(module: string, name: string): void {
    const known = this.rules.globals.get(module)?.get(name);
    if (known) return this.push(known);
    const full = `${module}.${name}`;
    const isPlain = /^[\w.]{1,100}$/.test(full);
    if (isPlain && this.isForRecord()) return this.push(new PickleClass(full));
    const shown = isPlain ? full : showText(full);
    throw this.unsupported(`names ${shown}, which is none of the names that weights need`);
  }

  /** Whether the name that was just read is used at once, to make an object of no arguments. */
  private isForRecord(): boolean {
    const { cursor } = this;
    const operand = { [OP.BINPUT]: 2, [OP.LONG_BINPUT]: 5, [OP.MEMOIZE]: 1 }[cursor.peek(0) ?? -1] ?? 0;
    return cursor.peek(operand) === OP.EMPTY_TUPLE && cursor.peek(operand + 1) === OP.NEWOBJ;
  }

  private record(): void {
    const [of = null, args = null] = this.popMany(2);
    if (!(of instanceof PickleClass) || !(args instanceof PickleTuple) || args.items.length > 0)
      throw this.unsupported(`makes an object of ${showValue(of)} from ${showValue(args)} (opcode NEWOBJ)`);
    this.push(new PickleRecord(of.name));
  }

  private reduce(): void {
    const [callee = null, args = null] = this.popMany(2);
    if (!(callee instanceof PickleGlobal) || !callee.call)
      throw this.unsupported(`calls ${showValue(callee)}, which cannot be called`);
    const made = args instanceof PickleTuple ? callee.call(args.items) : undefined;
    if (made === undefined)
      throw this.bad(`calls ${callee.name} with ${showValue(args)}, which it does not take`);
    this.push(made);
  }

  /** Attributes of a dictionary (torch keeps `_metadata` so) are no weights; those of a record are its fields. */
  private build(): void {
    const [target = null, state = null] = this.popMany(2);
    // What has slots gives them apart from its other attributes.
    const states = state instanceof PickleTuple && target instanceof PickleRecord ? state.items : [state];
    const isAllowed = target instanceof Map || target instanceof PickleRecord || this.rules.mayBuild(target);
    if (!isAllowed || (target instanceof Map && !(state instanceof Map)))
      throw this.unsupported(`sets attributes of ${showValue(target)}`);
    if (target instanceof PickleRecord) {
      for (const part of states)
        if (part instanceof Map) for (const [name, value] of part) target.fields.set(name, value);
    }
    this.push(target);
  }

  private persistent(): void {
    const id = this.pop();
    const value = this.rules.persistent(id);
    if (value === undefined)
      throw this.bad(`has the persistent id ${showValue(id)}, expected a torch storage`);
    this.push(value);
  }

  private bad(problem: string): VitrineError {
    return new VitrineError("BadFile", `${this.where}: the pickle ${problem}; it is damaged: ${CURE}.`);
  }

  private unsupported(problem: string): VitrineError {
    const message = `${this.where}: the pickle ${problem}. Vitrine runs nothing from files: ${CURE}.`;
    return new VitrineError("Unsupported", message);
  }
}
