/** What every layout makes of its files: config, tensors by name wherever they are stored, tokenizer. */
import type { Json } from "./bytes/json";
import type { ByteFile } from "./bytes/source";
import type { TensorEntry } from "./safetensors";

export interface StoredTensor {
  readonly file: ByteFile;
  readonly entry: TensorEntry;
  /** The bytes hold the transposed matrix: [in, out] where `entry.shape` says [out, in]. */
  readonly transposed?: true;
  /** The rows of each head are interleaved rotary pairs (0,1),(2,3) …; read in half-split order (j, j + dHead/2). */
  readonly interleavedHeads?: { readonly dHead: number };
}

export interface ModelFiles {
  readonly layout: string;
  readonly config: Json;
  /** By the names of the file; the architecture knows them, prefix and all. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** In order of name; what the model's hash is taken over. */
  readonly weightFiles: readonly ByteFile[];
  readonly tokenizerJson?: Json;
  readonly tokenizerConfig?: Json;
  readonly generationConfig?: Json;
  /** Where the file holds the weights of many epochs: their names, and which were opened. */
  readonly checkpoints?: { readonly names: readonly string[]; readonly chosen: number };
  /** What is missing or odd, for people. */
  readonly notes: readonly string[];
}
