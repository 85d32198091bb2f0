/**
 * Jacobian lenses in files, known by what is in them:
 *
 *   torch        as the published code saves them (github.com/anthropics/jacobian-lens, jlens/lens.py; facts as of 2026-07): a
 *                dictionary of "J", from the number of a block to its matrix [dModel, dModel], "n_prompts", "source_layers"
 *                and "d_model". Nothing says which model or corpus it is of, but the file's name
 *   safetensors  our own (writeLens.ts): a tensor "J.<block>" for each, and the environment as metadata
 *
 * Only headers are read here; `readMatrix` reads one matrix.
 */
import { VitrineError } from "../../../protocol/errors";
import type { LensEnvironment } from "../../../protocol/gradients/lenses";
import { baseNameOf, type ByteFile } from "../bytes/source";
import { hasZipMagic } from "../bytes/zip";
import { readSafetensorsHeader, type TensorEntry } from "../safetensors";
import type { StoredTensor } from "../storedModel";
import { readRows } from "../tensorReader";
import type { PickleDict, PickleValue } from "../torch/pickleValues";
import { readTorchRoot } from "../torch/torchArchive";
import { TorchTensor } from "../torch/torchGlobals";
import { environmentOf, LENS_FORMAT, UNTOLD } from "./lensMetadata";

const MAX_LAYERS = 1024;
const MAX_D_MODEL = 65_536;
const MAX_TEXTS = 2 ** 40;
const HEAD_BYTES = 9;
const TORCH = /\.(pt|pth|bin|ckpt)$/i;

export interface StoredLens {
  readonly file: ByteFile;
  readonly dModel: number;
  readonly texts: number;
  readonly environment: LensEnvironment;
  /** By block, ascending. */
  readonly matrices: ReadonlyMap<number, StoredTensor>;
  /** What the file does not say. */
  readonly notes: readonly string[];
}

/** Undefined where the file is something else. */
export async function readLens(file: ByteFile): Promise<StoredLens | undefined> {
  const head = await file.slice(0, HEAD_BYTES);
  if (hasZipMagic(head)) return TORCH.test(file.name) ? inTorch(file) : undefined;
  const isSafetensors = head[HEAD_BYTES - 1] === 0x7b || file.name.endsWith(".safetensors");
  return isSafetensors ? inSafetensors(file) : undefined;
}

const bad = ({ name }: ByteFile, message: string) => new VitrineError("BadFile", `${name}: ${message}`);

async function inTorch(file: ByteFile): Promise<StoredLens | undefined> {
  // What is no checkpoint at all is refused by who opens it.
  const root = await readTorchRoot(file).catch(() => undefined);
  const top = root?.value instanceof Map ? root.value : undefined;
  const sums = top?.get("jacobian_sum");
  if (top && sums instanceof Map && top.has("n_done")) {
    throw bad(
      file,
      "is the checkpoint of a fit that was not finished (jacobian_sum); save the lens itself with lens.save.",
    );
  }
  const all = top?.get("J");
  if (!root || !top || !(all instanceof Map) || all.size === 0) return undefined;
  if (![...all.values()].every((value) => value instanceof TorchTensor)) return undefined;
  const named = new Map([...all].map(([layer, value]) => [String(layer), value] as const));
  const stored = await root.store(named);
  const matrices = checkedMatrices(file, stored);
  const [dModel] = [...matrices.values()][0]?.entry.shape ?? [];
  const told = wholeOf(file, top, "d_model", MAX_D_MODEL);
  if (dModel === undefined || (told !== undefined && told !== dModel))
    throw bad(file, `d_model is ${told}, but its matrices have ${dModel}; save it again.`);
  const texts = wholeOf(file, top, "n_prompts", MAX_TEXTS);
  return {
    ...{ file, dModel, texts: texts ?? 0, environment: {}, matrices },
    notes: [
      ...(texts === undefined ? ["It does not say how many texts it is a mean over (n_prompts)."] : []),
      `It does not say: ${UNTOLD.map(({ what }) => what).join(", ")}. Published lenses leave out the first 16 positions and the last by default.`,
    ],
  };
}

function wholeOf(file: ByteFile, top: PickleDict, key: string, most: number): number | undefined {
  const value: PickleValue | undefined = top.get(key);
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= most) return value;
  throw bad(file, `${key} is ${String(value)}, expected a whole number from 1 to ${most}; save it again.`);
}

async function inSafetensors(file: ByteFile): Promise<StoredLens | undefined> {
  const { tensors, metadata } = await readSafetensorsHeader(file).catch(() => ({
    tensors: [],
    metadata: {},
  }));
  const told: Readonly<Record<string, string>> = metadata;
  if (told["format"] !== LENS_FORMAT) return undefined;
  const named = new Map(
    tensors.map((entry: TensorEntry) => {
      const layer = /^J\.(\d+)$/.exec(entry.name)?.[1];
      if (layer === undefined) throw bad(file, `tensor ${entry.name} is none of a lens; expected J.0, J.1 …`);
      return [layer, { file, entry }] as const;
    }),
  );
  const matrices = checkedMatrices(file, named);
  const [dModel = 0] = [...matrices.values()][0]?.entry.shape ?? [];
  return { file, dModel, matrices, ...environmentOf(file.name, told) };
}

/** Square, alike, and so many as a model may have blocks. */
function checkedMatrices(
  file: ByteFile,
  stored: ReadonlyMap<string, StoredTensor>,
): ReadonlyMap<number, StoredTensor> {
  if (stored.size === 0 || stored.size > MAX_LAYERS)
    throw bad(file, `holds ${stored.size} matrices, expected 1 to ${MAX_LAYERS}.`);
  const [first] = stored.values();
  const width = first?.entry.shape[0] ?? 0;
  const found = [...stored].map(([name, tensor]) => {
    const layer = Number(name);
    const { shape } = tensor.entry;
    if (!(Number.isInteger(layer) && layer >= 0 && layer < MAX_LAYERS))
      throw bad(
        file,
        `J has a matrix of block ${name.slice(0, 40)}, expected a number from 0 to ${MAX_LAYERS - 1}.`,
      );
    if (shape.length !== 2 || shape[0] !== width || shape[1] !== width || width < 1 || width > MAX_D_MODEL) {
      throw bad(
        file,
        `the matrix of block ${layer} has shape [${shape.join(", ")}], expected [${width}, ${width}] with at most ${MAX_D_MODEL}; a lens read at another site than the residual stream is none for it.`,
      );
    }
    return [layer, tensor] as const;
  });
  return new Map(found.sort(([a], [b]) => a - b));
}

/** f32 [dModel, dModel]; refused where a number is not finite. */
export async function readMatrix({ file, dModel, matrices }: StoredLens, layer: number) {
  const stored = matrices.get(layer);
  if (!stored) throw new Error(`${baseNameOf(file)} has no matrix of block ${layer}`);
  const all = new Float32Array(dModel * dModel);
  for await (const { firstRow, data } of readRows(stored)) all.set(data, firstRow * dModel);
  // Infinity less itself is no number either.
  if (all.some((value) => value - value !== 0))
    throw bad(file, `the matrix of block ${layer} has a number that is not finite; fit it again.`);
  return all;
}
