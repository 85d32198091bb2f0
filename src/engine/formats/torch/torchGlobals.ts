/**
 * The names that a PyTorch checkpoint may mention (torch/serialization.py and torch/_utils.py), and what becomes of
 * them here: descriptions of storages and tensors. This list, with `pythonGlobals.ts`, is the whole of what a pickle can
 * do.
 */
import { PickleGlobal, PickleObject, PickleTuple, type PickleValue } from "./pickleValues";
import { isNumpyState, PYTHON_GLOBALS } from "./pythonGlobals";
import type { PickleRules } from "./unpickler";

const MAX_RANK = 8;

/** A class of storages, by the dtype of its elements. */
class StorageType extends PickleGlobal {
  constructor(
    name: string,
    readonly dtype: string,
    readonly elementBytes: number,
  ) {
    super(name);
  }
}

/** Bytes outside the pickle: the archive's entry `data/<key>`. */
export class TorchStorage extends PickleObject {
  readonly name = "a storage";
  constructor(
    readonly key: string,
    readonly type: StorageType,
    readonly elements: number,
  ) {
    super();
  }
}

/** A view of a storage; offset and strides count elements. */
export class TorchTensor extends PickleObject {
  readonly name = "a tensor";
  constructor(
    readonly storage: TorchStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }
}

/** Name, dtype as safetensors calls it, bytes of an element. */
const STORAGES = [
  ["DoubleStorage", "F64", 8],
  ["FloatStorage", "F32", 4],
  ["HalfStorage", "F16", 2],
  ["BFloat16Storage", "BF16", 2],
  ["LongStorage", "I64", 8],
  ["IntStorage", "I32", 4],
  ["ShortStorage", "I16", 2],
  ["CharStorage", "I8", 1],
  ["ByteStorage", "U8", 1],
  ["BoolStorage", "BOOL", 1],
] as const;

const DTYPES =
  "float64 double float32 float float16 half bfloat16 int64 long int32 int int16 short int8 uint8 bool complex64 complex128";

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

function sizesOf(value: PickleValue | undefined): readonly number[] | undefined {
  if (!(value instanceof PickleTuple) || value.items.length > MAX_RANK) return undefined;
  const sizes = value.items.filter(isSize);
  return sizes.length === value.items.length ? sizes : undefined;
}

/** storage, offset, size, stride; then gradients and hooks, which do not matter, and marks such as "negated". */
function rebuildTensor(args: readonly PickleValue[]): TorchTensor | undefined {
  const [storage, offset, size, stride, , , marks] = args;
  const [shape, strides] = [sizesOf(size), sizesOf(stride)];
  if (!(storage instanceof TorchStorage) || !isSize(offset) || !shape || !strides) return undefined;
  if (shape.length !== strides.length || (marks instanceof Map && marks.size > 0)) return undefined;
  return new TorchTensor(storage, offset, shape, strides);
}

const rebuildParameter = ([tensor]: readonly PickleValue[]) =>
  tensor instanceof TorchTensor ? tensor : undefined;

const modules = (all: Readonly<Record<string, readonly PickleGlobal[]>>) =>
  new Map<string, ReadonlyMap<string, PickleGlobal>>(
    Object.entries(all).map(([module, globals]) => [
      module,
      new Map(globals.map((global) => [global.name.slice(module.length + 1), global])),
    ]),
  );

export const TORCH_RULES: PickleRules = {
  globals: modules({
    ...PYTHON_GLOBALS,
    "torch._utils": [
      new PickleGlobal("torch._utils._rebuild_tensor", rebuildTensor),
      new PickleGlobal("torch._utils._rebuild_tensor_v2", rebuildTensor),
      new PickleGlobal("torch._utils._rebuild_parameter", rebuildParameter),
    ],
    torch: [
      ...STORAGES.map(([name, dtype, bytes]) => new StorageType(`torch.${name}`, dtype, bytes)),
      ...DTYPES.split(" ").map((name) => new PickleGlobal(`torch.${name}`)),
      new PickleGlobal("torch.Size", ([sizes]) => (sizesOf(sizes) ? sizes : undefined)),
      new PickleGlobal("torch.device", ([kind]) => (typeof kind === "string" ? kind : undefined)),
    ],
    "torch.storage": [
      new StorageType("torch.storage.UntypedStorage", "U8", 1),
      new PickleGlobal("torch.storage.TypedStorage"),
    ],
  }),

  mayBuild: isNumpyState,

  /** ("storage", type, key, device, number of elements), in early versions with one more None. */
  persistent(id) {
    const [kind, type, key, , elements] = id instanceof PickleTuple ? id.items : [];
    if (kind !== "storage" || !(type instanceof StorageType) || typeof key !== "string") return undefined;
    return isSize(elements) ? new TorchStorage(key, type, elements) : undefined;
  },
};
