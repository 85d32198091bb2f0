/**
 * Finds a weight in a checkpoint, checks its shape there, and names the stretches of the file that make it: one,
 * or some of the equal blocks that the stored tensor consists of (heads of a fused projection).
 */
import { VitrineError } from "../../../protocol/errors";
import type { ModelFiles, StoredTensor } from "../../formats/storedModel";
import type { WeightSpec } from "../architecture";

export interface PlannedWeight {
  readonly spec: WeightSpec;
  /** To be read one after the other, each with `spec.transposed`; none for values of our own. */
  readonly parts: readonly StoredTensor[];
}

/** Undefined if the weight may be absent, and is. */
export function planWeight(spec: WeightSpec, { tensors }: ModelFiles): PlannedWeight | undefined {
  if (spec.values) return { spec, parts: [] };
  const stored = spec.sources.map((name) => tensors.get(name)).find((found) => found !== undefined);
  if (stored === undefined) {
    if (spec.tiedTo !== undefined || spec.optional) return undefined;
    throw new VitrineError(
      "BadFile",
      `The weights have no tensor ${spec.sources.join(" or ")}; this file does not match its config.json.`,
    );
  }
  const expected = spec.storedShape ?? impliedShape(spec);
  const { shape, name } = stored.entry;
  if (shape.length !== expected.length || shape.some((n, i) => n !== expected[i])) {
    throw new VitrineError(
      "BadFile",
      `${stored.file.name}: tensor ${name} has shape [${shape.join(", ")}], expected [${expected.join(", ")}]`,
    );
  }
  return { spec, parts: partsOf(spec, stored) };
}

function impliedShape({ shape, transposed, blocks, rowsBefore = 0 }: WeightSpec): number[] {
  const [rows = 1, ...rest] = shape;
  if (rowsBefore > 0) return [rowsBefore + rows, ...rest];
  if (blocks) return [(rows / blocks.take.length) * blocks.of, ...rest];
  return transposed ? [...shape].reverse() : [...shape];
}

function partsOf(spec: WeightSpec, stored: StoredTensor): StoredTensor[] {
  const { kind, shape, transposed, blocks, rowsBefore = 0 } = spec;
  const { of, take } = blocks ?? { of: 1, take: [0] };
  const { entry } = stored;
  if (rowsBefore > 0) return [withoutFirstRows(spec, stored, rowsBefore)];
  if (stored.transposed && of > 1) {
    throw new VitrineError(
      "Unsupported",
      `${stored.file.name}: tensor ${entry.name} is stored transposed, and its heads cannot be taken apart there; save it contiguous.`,
    );
  }
  const [rows = 1, cols = 1] = shape;
  const blockRows = rows / take.length;
  const blockShape = kind === "vector" ? [blockRows] : transposed ? [cols, blockRows] : [blockRows, cols];
  const bytes = (entry.end - entry.start) / of;
  return take.map((index) => ({
    ...stored,
    entry: {
      ...entry,
      shape: blockShape,
      start: entry.start + index * bytes,
      end: entry.start + (index + 1) * bytes,
    },
  }));
}

function withoutFirstRows({ shape }: WeightSpec, stored: StoredTensor, rowsBefore: number): StoredTensor {
  const { entry, file } = stored;
  if (stored.transposed) {
    throw new VitrineError(
      "Unsupported",
      `${file.name}: tensor ${entry.name} is stored transposed, and its first rows cannot be left out there; save it contiguous.`,
    );
  }
  const [rows = 1] = shape;
  const start = entry.start + ((entry.end - entry.start) / (rows + rowsBefore)) * rowsBefore;
  return { ...stored, entry: { ...entry, shape: [...shape], start } };
}
