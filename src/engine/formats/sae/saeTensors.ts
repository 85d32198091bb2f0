/**
 * Takes an autoencoder's tensors out of a file by name, each checked for type and shape, and notices those that nobody
 * asked for: one that belongs to another variant is refused, and whatever else is not used is named.
 */
import { VitrineError } from "../../../protocol/errors";
import type { StoredTensor } from "../storedModel";
import { DTYPE_BYTES, type FloatDtype } from "../safetensors";
import { readRows } from "../tensorReader";
import { columnsOf } from "./derivedTensors";
import type { SaeMatrix, SaeVector } from "./saeFile";

/** Beyond what any page can hold; the sizes of hostile files end here. */
const MAX_WIDTH = 1 << 18;
/** Numbers that a latent may write at all its sites: a row is in one buffer. */
const MAX_STACK = 1 << 20;
const MAX_LATENTS = 1 << 24;
/** Small integers beside the weights: k, sizes of groups. */
const MAX_INTEGERS = 4096;
const MAX_NAMES_SHOWN = 6;

/** Parts of variants: where one is left over, the file is not what its config says. */
const PARTS =
  /^(threshold|topk_threshold|log_threshold|b_gate|r_mag|b_mag|gate_bias|mag_bias|W_skip|affine_skip_connection|(finetuning_)?scaling_factor|group_sizes|b_enc|b_dec|bias|(encoder|decoder)\.(weight|bias)|[Ww]_(enc|dec)|pre_bias|latent_bias)$/;

const INTEGERS = { I64: BigInt64Array, I32: Int32Array } as const;

export interface Stack {
  readonly many: number;
  readonly width: number;
  /** [nLatents, width], and [nLatents, (many − 1) · width]. */
  readonly matrices: readonly [SaeMatrix, SaeMatrix?];
}

export class TensorShelf {
  private readonly taken = new Set<string>();
  private readonly ignored = new Set<string>();

  constructor(
    readonly fileName: string,
    private readonly tensors: ReadonlyMap<string, StoredTensor>,
  ) {}

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  shapeOf(name: string): readonly number[] {
    return this.tensors.get(name)?.entry.shape ?? [];
  }

  /** What nobody took, with its shape. */
  get unused(): readonly string[] {
    return [...this.tensors]
      .filter(([name]) => !this.taken.has(name) || this.ignored.has(name))
      .map(([name, { entry }]) => `${shown(name)} [${entry.shape.join(", ")}]`);
  }

  /** Sizes of a matrix, within the limits. `latentsFirst`: [nLatents, d], else [d, nLatents]. */
  sizes(name: string, latentsFirst: boolean): { readonly width: number; readonly nLatents: number } {
    const { shape } = this.get(name).entry;
    const [nLatents = 0, width = 0] = latentsFirst ? shape : [...shape].reverse();
    if (shape.length === 2 && nLatents > 0 && width > 0 && nLatents <= MAX_LATENTS && width <= MAX_WIDTH)
      return { width, nLatents };
    const order = latentsFirst ? "[latents, width]" : "[width, latents]";
    throw this.bad(
      name,
      `has shape [${shape.join(", ")}], expected ${order} of at most ${MAX_LATENTS} latents and ${MAX_WIDTH} wide; check the layout`,
    );
  }

  /** `transposed`: the file holds the transposed of `shape`. */
  matrix(name: string, shape: readonly [number, number], transposed = false): SaeMatrix {
    const stored = this.take(name, transposed ? [shape[1], shape[0]] : shape);
    const dtype = this.floatType(stored);
    return {
      shape,
      dtype,
      rows: (sliceBytes) => readRows(stored, { transposed, ...(sliceBytes ? { sliceBytes } : {}) }),
    };
  }

  /** A decoder [nLatents, many, width] of latents that write `many` sites: that of the first, and of all others side by side. */
  stack(name: string, nLatents: number, most: number): Stack {
    const { shape } = this.get(name).entry;
    const [, many = 0, width = 0] = shape;
    const isFine = many >= 1 && many <= most && width >= 1 && width <= MAX_WIDTH;
    if (shape.length !== 3 || !isFine || many * width > MAX_STACK)
      throw this.bad(
        name,
        `has shape [${shape.join(", ")}], expected [latents, layers, width] of at most ${most} layers, ${MAX_WIDTH} wide and ${MAX_STACK} together; check the layout`,
      );
    const stored = this.take(name, [nLatents, many, width]);
    const whole: SaeMatrix = {
      shape: [nLatents, many * width],
      dtype: this.floatType(stored),
      rows: (sliceBytes) => readRows(stored, sliceBytes ? { sliceBytes } : {}),
    };
    const first = columnsOf(whole, 0, width);
    return {
      ...{ many, width },
      matrices: many === 1 ? [first] : [first, columnsOf(whole, width, many * width)],
    };
  }

  /** A scalar of the file serves for all of `size`. */
  vector(name: string, size: number, isScalarFine = false): SaeVector {
    const { shape } = this.get(name).entry;
    const isScalar = isScalarFine && shape.reduce((product, n) => product * n, 1) === 1;
    const stored = this.take(name, isScalar ? shape : [size]);
    this.floatType(stored);
    return {
      size,
      async read() {
        const values = await readFloats(stored);
        return isScalar ? new Float32Array(size).fill(values[0] ?? 0) : values;
      },
    };
  }

  /** A number that the file holds as a tensor of one element, or of more; integers or floats. */
  async numbers(name: string): Promise<readonly number[]> {
    const stored = this.get(name);
    const { file, entry } = stored;
    this.taken.add(name);
    const count = entry.shape.reduce((product, n) => product * n, 1);
    if (count < 1 || count > MAX_INTEGERS)
      throw this.bad(name, `has ${count} numbers, expected 1 to ${MAX_INTEGERS}; check the layout`);
    if (!Object.hasOwn(INTEGERS, entry.dtype)) {
      this.floatType(stored);
      return [...(await readFloats(stored))];
    }
    const bytes = (await file.slice(entry.start, entry.end)).slice();
    if (bytes.length < entry.end - entry.start) throw this.bad(name, "ends early; choose the file again");
    const Integers = INTEGERS[entry.dtype as keyof typeof INTEGERS];
    return Array.from(new Integers(bytes.buffer), Number);
  }

  /** Known, and of no use here. */
  ignore(...names: readonly string[]): void {
    for (const name of names) {
      this.taken.add(name);
      this.ignored.add(name);
    }
  }

  /** Call when all have been taken: throws if a part of another variant is left. */
  finish(kind: string): void {
    const left = [...this.tensors.keys()].filter((name) => !this.taken.has(name) && PARTS.test(name));
    if (left.length === 0) return;
    const some =
      left.slice(0, MAX_NAMES_SHOWN).map(shown).join(", ") + (left.length > MAX_NAMES_SHOWN ? ", …" : "");
    throw new VitrineError(
      "Unsupported",
      `${this.fileName}: a ${kind} has no tensor ${some}; what it would do is unknown: check the architecture in the config.`,
    );
  }

  private get(name: string): StoredTensor {
    const stored = this.tensors.get(name);
    if (stored) return stored;
    const some = [...this.tensors.keys()].slice(0, MAX_NAMES_SHOWN).map(shown).join(", ");
    throw this.bad(name, `is missing among ${some || "nothing"}; check the architecture in the config`);
  }

  private take(name: string, shape: readonly number[]): StoredTensor {
    const stored = this.get(name);
    this.taken.add(name);
    const found = stored.entry.shape;
    if (found.length === shape.length && found.every((n, i) => n === shape[i])) return stored;
    throw this.bad(name, `has shape [${found.join(", ")}], expected [${shape.join(", ")}]; check the config`);
  }

  private floatType({ entry }: StoredTensor): FloatDtype {
    if (Object.hasOwn(DTYPE_BYTES, entry.dtype)) return entry.dtype as FloatDtype;
    throw new VitrineError(
      "Unsupported",
      `${this.fileName}: tensor ${shown(entry.name)} has dtype ${shown(entry.dtype)}; convert it to one of ${Object.keys(DTYPE_BYTES).join(", ")}.`,
    );
  }

  private bad(name: string, problem: string): VitrineError {
    return new VitrineError("BadFile", `${this.fileName}: tensor ${shown(name)} ${problem}.`);
  }
}

async function readFloats(stored: StoredTensor): Promise<Float32Array<ArrayBuffer>> {
  const parts: Float32Array<ArrayBuffer>[] = [];
  for await (const { data } of readRows(stored)) parts.push(data);
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Hostile files have long names. */
function shown(name: string): string {
  const text = name.length > 100 ? `${name.slice(0, 100)}…` : name;
  return /^[\w.<>|-]+$/.test(text) ? text : JSON.stringify(text);
}
