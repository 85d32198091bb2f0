/**
 * Directions by layer from a file: a control-vector GGUF, or a .safetensors or .npz of vectors named `direction.<layer>` or by
 * hook (`blocks.3.hook_resid_post`). What holds anything else is no such file, and is left to others; a file that says it is
 * one and is damaged is refused. What layers mean: writeSteeringFile.ts.
 */
import { VitrineError } from "../../../protocol/errors";
import {
  RESIDUAL_SITES,
  type ResidualSite,
  type SteeringFile,
  type SteeringFormat,
  type StoredDirection,
} from "../../../protocol/steering";
import { readNpz } from "../bytes/npz";
import type { ByteFile } from "../bytes/source";
import { hasZipMagic } from "../bytes/zip";
import { hasGgufMagic, readGgufHeader } from "../gguf/gguf";
import { readSafetensorsHeader } from "../safetensors";
import type { StoredTensor } from "../storedModel";
import { readRows } from "../tensorReader";

/** Directions of 200 layers, 16,384 wide, in f64: 26 MB. */
const MAX_FILE_BYTES = 256_000_000;
const MAX_LAYER = 4096;
const MAX_WIDTH = 1 << 20;
const ARCHITECTURE = "controlvector";

/** A file's tensors by name, before anything is read of them. */
interface Contents {
  readonly format: SteeringFormat;
  readonly tensors: readonly StoredTensor[];
  readonly metadata: Readonly<Record<string, string>>;
  /** It says that it is a control vector. */
  readonly isDeclared: boolean;
  readonly modelHint?: string;
}

export async function readSteeringFile(file: ByteFile): Promise<SteeringFile | undefined> {
  const contents = await contentsOf(file);
  if (!contents) return undefined;
  const { format, tensors, metadata, isDeclared, modelHint } = contents;
  const vectors = tensors.filter(({ entry }) => entry.name !== "__metadata__");
  const places = vectors.map(({ entry }) => placeOf(entry.name));
  const known = places.filter((place) => place !== undefined);
  const isVectors = vectors.every(({ entry }) => isVector(entry.shape));
  // Weights and captures have other names or shapes.
  if (!isDeclared && (vectors.length === 0 || known.length < vectors.length || !isVectors)) return undefined;
  const bad = (why: string) => new VitrineError("BadFile", `${file.name}: ${why}`);
  if (vectors.length === 0) throw bad("the control vector holds no directions; export it again.");
  const directions: StoredDirection[] = [];
  for (const [i, stored] of vectors.entries()) {
    const place = places[i];
    const { name, shape } = stored.entry;
    if (!place)
      throw bad(`tensor ${name.slice(0, 60)} is no direction.<layer>; llama.cpp counts layers from 1.`);
    if (!isVector(shape)) throw bad(`${name} has shape [${shape.join(", ")}]; expected one vector.`);
    directions.push({ layer: place.layer, field: name, values: await vectorOf(stored, bad) });
  }
  const site = known[0]?.site ?? "resid_post";
  checkDirections(directions, known, bad);
  directions.sort((a, b) => a.layer - b.layer);
  return { name: file.name, format, site, directions, ...(modelHint && { modelHint }), metadata };
}

async function contentsOf(file: ByteFile): Promise<Contents | undefined> {
  if (file.size > MAX_FILE_BYTES) return undefined;
  const magic = await file.slice(0, 8);
  if (hasGgufMagic(magic)) {
    const { metadata, tensors } = await readGgufHeader(file);
    if (metadata.get("general.architecture") !== ARCHITECTURE) return undefined;
    const hint = metadata.get(`${ARCHITECTURE}.model_hint`);
    const texts = [...metadata].filter((pair): pair is [string, string] => typeof pair[1] === "string");
    return {
      ...{ format: "gguf", isDeclared: true, metadata: Object.fromEntries(texts) },
      tensors: tensors.map((entry) => ({ file, entry })),
      ...(typeof hint === "string" && { modelHint: hint }),
    };
  }
  if (hasZipMagic(magic)) {
    if (!/\.npz$/i.test(file.name)) return undefined;
    const tensors = [...(await readNpz(file)).values()];
    return { format: "npz", tensors, metadata: {}, isDeclared: false };
  }
  if (!/\.safetensors$/i.test(file.name)) return undefined;
  const { tensors, metadata } = await readSafetensorsHeader(file);
  const stored = tensors.map((entry) => ({ file, entry }));
  return { format: "safetensors", tensors: stored, metadata, isDeclared: false };
}

interface Place {
  readonly layer: number;
  readonly site: ResidualSite;
}

function placeOf(name: string): Place | undefined {
  const control = /^direction\.([1-9]\d{0,3})$/.exec(name);
  const hook = /^blocks\.(\d{1,4})\.(?:hook_)?(\w+)$/.exec(name);
  const layer = Number(control?.[1] ?? hook?.[1]);
  const site = control ? "resid_post" : RESIDUAL_SITES.find((one) => one === hook?.[2]);
  return site && layer <= MAX_LAYER ? { layer, site } : undefined;
}

const isVector = (shape: readonly number[]) => shape.filter((size) => size !== 1).length <= 1;

type Bad = (why: string) => VitrineError;

async function vectorOf(stored: StoredTensor, bad: Bad): Promise<Float32Array> {
  const { name, shape } = stored.entry;
  const width = shape.reduce((product, size) => product * size, 1);
  if (width > MAX_WIDTH || width === 0)
    throw bad(`${name} has ${width} numbers; a direction has 1 to ${MAX_WIDTH}.`);
  // One row, whatever axes of length 1 it came with.
  const row = { file: stored.file, entry: { ...stored.entry, shape: [1, width] } };
  for await (const { data } of readRows(row)) {
    const odd = data.findIndex((value) => !Number.isFinite(value));
    if (odd >= 0) throw bad(`${name} is not finite at index ${odd}; make it again.`);
    return Float32Array.from(data);
  }
  throw bad(`${name} is empty; export it again.`);
}

function checkDirections(directions: readonly StoredDirection[], places: readonly Place[], bad: Bad): void {
  const [first] = directions;
  const other = directions.find(({ values }) => values.length !== first?.values.length);
  if (other && first)
    throw bad(
      `${other.field} has ${other.values.length} numbers and ${first.field} has ${first.values.length}; all are as wide as the model. Export them again.`,
    );
  const sites = new Set(places.map(({ site }) => site));
  if (sites.size > 1)
    throw bad(`it holds directions of ${[...sites].join(" and ")}; keep one site to a file.`);
  const layers = directions.map(({ layer }) => layer);
  const twice = layers.find((layer, i) => layers.indexOf(layer) !== i);
  if (twice !== undefined) throw bad(`layer ${twice} is there twice; keep one direction a layer.`);
}
