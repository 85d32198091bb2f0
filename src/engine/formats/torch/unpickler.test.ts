/** The unpickler: plain data comes out as Python put it in, and everything else is refused by its name. */
import { describe, expect, it } from "vitest";
import { VITRINE_ERROR_NAMES } from "../../../protocol/errors";
import { PickleRecord, PickleTuple } from "./pickleValues";
import { hostilePickles } from "./torch.samples";
import { TORCH_RULES } from "./torchGlobals";
import { unpickle } from "./unpickler";

const latin = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const read = (text: string) => unpickle("m.pt", latin(text), TORCH_RULES);

describe("unpickle", () => {
  it.each<[string, string, unknown]>([
    ["None, True, False", "\x80\x02N\x88\x89\x87.", new PickleTuple([null, true, false])],
    [
      "integers",
      "\x80\x02(K\xffM\xff\xffJ\xff\xff\xff\xff\x8a\x00\x8a\x01\x80\x8a\x05\x00\x00\x00\x00\x01t.",
      new PickleTuple([255, 65535, -1, 0, -128, 2 ** 32]),
    ],
    ["an integer beyond 2 ** 53", `\x80\x02\x8a\x09${"\xff".repeat(8)}\x00.`, 2n ** 64n - 1n],
    ["a float", "\x80\x02G\x3f\xd0\x00\x00\x00\x00\x00\x00.", 0.25],
    ["texts", "\x80\x04\x8c\x02\xc3\xa9X\x01\x00\x00\x00a\x86.", new PickleTuple(["é", "a"])],
    ["a long text", `\x80\x04\x8d\x01${"\x00".repeat(7)}a.`, "a"],
    ["bytes", "\x80\x03C\x02\x00\xff.", Uint8Array.of(0, 255)],
    ["lists", "\x80\x02](K\x01K\x02e]K\x03aa.", [1, 2, [3]]],
    [
      "dictionaries, the last value of a key",
      "\x80\x02}(K\x01K\x02K\x01K\x03uNK\x04s.",
      new Map([
        [1, 3],
        [null, 4],
      ]),
    ],
    ["an ordered dictionary with attributes", "\x80\x02ccollections\nOrderedDict\n)R}b.", new Map()],
    [
      "frames and memo",
      "\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00]\x94h\x00\x86.",
      new PickleTuple([[], []]),
    ],
    ["a torch.Size", "\x80\x02ctorch\nSize\nK\x02K\x03\x86\x85R.", new PickleTuple([2, 3])],
  ])("reads %s", (_, pickle, expected) => expect(read(pickle)).toEqual(expected));

  it("keeps what is shared shared, even in itself", () => {
    const list = read("\x80\x02]q\x00h\x00a.") as unknown[];
    expect(list[0]).toBe(list);
  });

  it("takes names of Object's own for keys like any other", () => {
    const dict = read("\x80\x02}X\x09\x00\x00\x00__proto__}X\x01\x00\x00\x00aK\x01ss.");
    expect(dict).toEqual(new Map([["__proto__", new Map([["a", 1]])]]));
    expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
  });
});

describe("hostile pickles", () => {
  const REFUSALS: Readonly<Record<string, RegExp>> = {
    "os.system": /names os\.system,/,
    "posix.system": /names posix\.system,/,
    "posix.system, protocol 4": /names posix\.system,/,
    "builtins.eval": /names builtins\.eval,/,
    "__builtin__.eval, protocol 2": /names __builtin__\.eval,/,
    "subprocess.Popen": /names subprocess\.Popen,/,
    "inside a state dict": /names os\.system,/,
    "never called": /names os\.system,/,
    "loads more": /names torch\.storage\._load_from_bytes,/,
    "torch.load": /names torch\.load,/,
    "torch.hub": /names torch\.hub\.load,/,
    "by attribute": /names torch\._utils\._rebuild_tensor_v2,/,
    __class__: /names collections\.OrderedDict\.__class__,/,
    prototype: /names __proto__\.constructor,/,
    "constructor of an allowed module": /names torch\.constructor,/,
    "line feed in a name": /names "os\\ncollections\.system\\nOrderedDict",/,
    "carriage return in a name": /names "torch\\r\.FloatStorage",/,
    "space in a name": /names "collections \.OrderedDict",/,
    "empty names": /names \.,/,
    "names without an end": /a name without an end within 1000 bytes/,
    "STACK_GLOBAL of numbers": /names a global 2 of 1/,
    "STACK_GLOBAL of an underfull stack": /takes a value where there is none/,
    INST: /opcode INST \(0x69\)/,
    OBJ: /opcode OBJ \(0x6f\)/,
    NEWOBJ: /makes an object of collections\.OrderedDict from \(\)/,
    NEWOBJ_EX: /opcode NEWOBJ_EX \(0x92\)/,
    EXT1: /opcode EXT1 \(0x82\)/,
    PERSID: /opcode PERSID \(0x50\)/,
    "unknown opcode": /opcode unknown \(0xff\)/,
    "protocol 0": /begins with MARK \(0x28\), expected protocol 2/,
    "protocol 6": /has protocol 6/,
    "calls a storage type": /calls torch\.FloatStorage, which cannot be called/,
    "calls a text": /calls "eval", which cannot be called/,
    "calls a dict": /calls a dict of 0, which cannot/,
    "OrderedDict of arguments": /calls collections\.OrderedDict with \(a list of 0\)/,
    "arguments that are no tuple": /calls collections\.OrderedDict with a list of 0/,
    "tensor of nothing": /calls torch\._utils\._rebuild_tensor_v2 with \(\)/,
    "tensor of a text": /_rebuild_tensor_v2 with \("storage", 0,/,
    "tensor with sizes in a list": /_rebuild_tensor_v2 with \(a storage, 0, a list of 1/,
    "tensor with a negative size": /_rebuild_tensor_v2 with/,
    "tensor with a negative offset": /_rebuild_tensor_v2 with \(a storage, -1,/,
    "tensor with a huge offset": /_rebuild_tensor_v2 with \(a storage, 107150860718626\d+…,/,
    "tensor with a size that is a float": /_rebuild_tensor_v2 with/,
    "tensor with more sizes than strides": /_rebuild_tensor_v2 with/,
    "tensor of nine axes": /_rebuild_tensor_v2 with \(a storage, 0, a tuple of 9/,
    "tensor marked as negated": /_rebuild_tensor_v2 with/,
    "parameter of a text": /calls torch\._utils\._rebuild_parameter with \("x", true,/,
    "storage of absurd size": /persistent id \("storage", torch\.FloatStorage, "0", "cpu", 1148\d+…\)/,
    "storage of -1 elements": /persistent id \("storage", torch\.FloatStorage, "0", "cpu", -1\)/,
    "storage of another kind": /persistent id \("module",/,
    "storage whose type is a text": /persistent id \("storage", "torch\.FloatStorage",/,
    "persistent id that is a text": /persistent id "storage"/,
    "attributes of a list": /sets attributes of a list of 0/,
    "attributes of a tensor": /sets attributes of a tensor/,
    "appends to a dict": /appends to a dict of 0/,
    "sets an odd number": /sets 1 keys and values/,
    "recalls what it never kept": /recalls value 7/,
    "empty stack": /takes a value where there is none/,
    "takes from below a mark": /takes a value where there is none/,
    "mark missing": /back to a mark where there is none/,
    "ends early": /2147483647 bytes, 0 are left/,
    "text of 2 ** 63 bytes": /9223372036854776000 bytes/,
    "deep marks": /nested more than 200 deep/,
    "deep lists": /holds more than 100000 values at once/,
    "memo bomb": /remembers more than 2000000 values/,
    "doubling lists": /opcode LIST \(0x6c\)/,
    "wide tuple": /holds more than 100000 values at once/,
  };
  /** Sound as pickles; what is wrong is told by those who look for weights (`pytorch.test.ts`). */
  const SOUND = [
    "tensor larger than its storage",
    "tensor whose size overflows",
    "tensor behind its storage",
    "storage of 2 ** 50 elements",
    "storage that is not there",
    "storage outside the archive's folder",
    "no tensors",
    "a list",
    "itself, in itself",
    "deep tuples",
    "doubling tuples",
  ];
  const pickles = hostilePickles();
  const names = [...pickles.keys()];

  it.each(names.filter((name) => !SOUND.includes(name)))("refuses %s by its name", (name) => {
    const started = performance.now();
    let refusal: Error | undefined;
    try {
      unpickle("m.pt", pickles.get(name)!, TORCH_RULES);
    } catch (error) {
      refusal = error as Error;
    }
    expect(performance.now() - started).toBeLessThan(5000);
    expect(refusal?.message).toMatch(REFUSALS[name] ?? /no refusal is expected/);
    expect(refusal?.message).toMatch(/^m\.pt: /);
    expect(refusal?.message.length).toBeLessThan(600);
    expect(VITRINE_ERROR_NAMES as readonly string[]).toContain(refusal?.name);
  });

  it.each(SOUND)("makes no more of %s than data", (name) => {
    expect(() => unpickle("m.pt", pickles.get(name)!, TORCH_RULES)).not.toThrow();
  });
});

describe("records", () => {
  const object = "cscript\nConfig\n)\x81";
  const fields = "}X\x01\x00\x00\x00pK\x07s";

  it("are objects of the file's own classes, with their attributes and nothing of their class", () => {
    const record = read(`\x80\x02${object}${fields}b.`) as PickleRecord;
    expect(record).toBeInstanceOf(PickleRecord);
    expect([record.name, ...record.fields]).toEqual(["script.Config", ["p", 7]]);
    expect((read(`\x80\x02cargparse\nNamespace\nq\x00)\x81${fields}b.`) as PickleRecord).name).toBe(
      "argparse.Namespace",
    );
  });

  it("may hold NumPy's numbers, paths and sets", () => {
    const scalar = `cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nX\x02\x00\x00\x00f8\x89\x88\x87R`;
    const bytes =
      "c_codecs\nencode\nX\x09\x00\x00\x00\x00\x00\x00\x00\x00\x00\xc3\xa0?X\x06\x00\x00\x00latin1\x86R";
    expect(read(`\x80\x02${scalar}${bytes}\x86R.`)).toBe(0.5);
    expect(read("\x80\x02cpathlib\nPosixPath\nX\x01\x00\x00\x00/X\x01\x00\x00\x00a\x86R.")).toBe("/a");
    expect(read("\x80\x02c__builtin__\nset\n](K\x01K\x02e\x85R.")).toEqual([1, 2]);
  });

  it.each([
    ["made of arguments", "cscript\nConfig\nK\x01\x85\x81.", /names script\.Config,/],
    [
      "called later",
      "cos\nsystem\nq\x00)\x81h\x00X\x01\x00\x00\x00a\x85R.",
      /calls os\.system, which cannot be called/,
    ],
    ["made of arguments later", "cscript\nC\nq\x00)\x81h\x00K\x01\x85\x81.", /makes an object of script\.C/],
  ])("are refused when %s", (_, pickle, message) => {
    expect(() => read(`\x80\x02${pickle}`)).toThrow(message);
  });
});
