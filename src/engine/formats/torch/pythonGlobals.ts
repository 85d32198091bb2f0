/**
 * Names of Python's library and of NumPy that settings and losses beside the weights are pickled with: containers, paths,
 * namespaces, NumPy's numbers. Each becomes plain data here; arrays of NumPy become a mark that one was there.
 */
import { PickleGlobal, PickleObject, PickleRecord, type PickleValue } from "./pickleValues";

/** NumPy's name of a type, with the function that reads one number of it, little-endian. */
const READERS: Readonly<Record<string, (view: DataView) => number | bigint | boolean>> = {
  b1: (view) => view.getUint8(0) !== 0,
  f8: (view) => view.getFloat64(0, true),
  f4: (view) => view.getFloat32(0, true),
  i8: (view) => view.getBigInt64(0, true),
  i4: (view) => view.getInt32(0, true),
  i2: (view) => view.getInt16(0, true),
  i1: (view) => view.getInt8(0),
  u8: (view) => view.getBigUint64(0, true),
  u4: (view) => view.getUint32(0, true),
  u2: (view) => view.getUint16(0, true),
  u1: (view) => view.getUint8(0),
};
/** Of one number, the widest. */
const MAX_SCALAR_BYTES = 8;
/** Names in a path. */
const MAX_PATH_PARTS = 100;

class NumpyType extends PickleObject {
  constructor(readonly name: string) {
    super();
  }
}

class NumpyArray extends PickleObject {
  readonly name = "a NumPy array";
}

/** Byte order and the like of a type, and the contents of an array, are set after they were made. */
export const isNumpyState = (target: PickleValue) =>
  target instanceof NumpyType || target instanceof NumpyArray;

/** One number; a type whose byte order was not the usual one comes out wrong, and no setting is such a number. */
function scalar([type, bytes]: readonly PickleValue[]): PickleValue | undefined {
  if (!(type instanceof NumpyType) || !(bytes instanceof Uint8Array)) return undefined;
  const read = Object.hasOwn(READERS, type.name) ? READERS[type.name] : undefined;
  if (!read) return new NumpyArray();
  if (bytes.length > MAX_SCALAR_BYTES || bytes.length !== Number(type.name[1])) return undefined;
  const value = read(new DataView(bytes.slice().buffer));
  return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Protocols before 3 write bytes as a text of as many characters. */
function encode([text, encoding]: readonly PickleValue[]): Uint8Array | undefined {
  if (typeof text !== "string" || encoding !== "latin1") return undefined;
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function path(parts: readonly PickleValue[]): string | undefined {
  const names = parts.filter((part) => typeof part === "string");
  if (names.length !== parts.length || names.length > MAX_PATH_PARTS) return undefined;
  return names.join("/").replace(/^\/\//, "/");
}

const listOf = ([items = []]: readonly PickleValue[]) => (Array.isArray(items) ? [...items] : undefined);
const empty = (args: readonly PickleValue[]) => (args.length === 0 ? new Map() : undefined);
const array = () => new NumpyArray();
const type = ([name]: readonly PickleValue[]) => (typeof name === "string" ? new NumpyType(name) : undefined);

const PATHS = ["PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"];
/** What a defaultdict makes where a key is missing; never called here. */
const FACTORIES = ["list", "dict", "int", "float", "str", "bool", "tuple"];

const builtins = (module: string) => [
  new PickleGlobal(`${module}.set`, listOf),
  new PickleGlobal(`${module}.frozenset`, listOf),
  ...FACTORIES.map((name) => new PickleGlobal(`${module}.${name}`)),
];

/** By module; a global's name holds its module's. */
export const PYTHON_GLOBALS: Readonly<Record<string, readonly PickleGlobal[]>> = {
  collections: [
    new PickleGlobal("collections.OrderedDict", empty),
    new PickleGlobal("collections.defaultdict", ([factory, ...more]) =>
      more.length === 0 && (factory === null || factory instanceof PickleGlobal) ? new Map() : undefined,
    ),
  ],
  builtins: builtins("builtins"),
  __builtin__: builtins("__builtin__"),
  types: [
    new PickleGlobal("types.SimpleNamespace", (args) =>
      args.length === 0 ? new PickleRecord("types.SimpleNamespace") : undefined,
    ),
  ],
  pathlib: PATHS.map((name) => new PickleGlobal(`pathlib.${name}`, path)),
  _codecs: [new PickleGlobal("_codecs.encode", encode)],
  numpy: [new PickleGlobal("numpy.dtype", type), new PickleGlobal("numpy.ndarray")],
  ...Object.fromEntries(
    // The second is of NumPy 2.
    ["numpy.core.multiarray", "numpy._core.multiarray"].map((module) => [
      module,
      [new PickleGlobal(`${module}.scalar`, scalar), new PickleGlobal(`${module}._reconstruct`, array)],
    ]),
  ),
};
