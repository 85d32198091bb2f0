/**
 * Directions by layer, or contrast pairs, that the visitor's files hold: whoever drops one anywhere sees it in the Steering
 * view. What belongs to no such file is left to others.
 */
import type { EngineApi } from "../../../protocol/api";
import type { SteeringFile } from "../../../protocol/steering";
import type { PairTexts } from "../../../client/steering/contrastPairs";

const DIRECTION_FILE = /\.(gguf|safetensors|npz)$/i;
const PAIR_FILE = /\.(csv|jsonl|ndjson)$/i;

export interface PairsFile {
  readonly name: string;
  readonly pairs: readonly PairTexts[];
}

export class OpenDirections {
  file = $state.raw<SteeringFile | undefined>();
  /** The file has not been looked at yet. */
  isNew = $state(false);
  pairs = $state.raw<PairsFile | undefined>();

  constructor(private readonly engine: Pick<EngineApi, "readSteeringFile">) {}

  /** Whether the files were one of these. Throws, in words, where one is damaged; what was open stays. */
  async open(files: readonly File[]): Promise<boolean> {
    const [only, ...more] = files;
    if (!only || more.length > 0) return false;
    if (PAIR_FILE.test(only.name)) return this.#openPairs(only);
    if (!DIRECTION_FILE.test(only.name)) return false;
    const found = await this.engine.readSteeringFile(only);
    if (!found) return false;
    this.file = found;
    this.isNew = true;
    return true;
  }

  async #openPairs(file: File): Promise<boolean> {
    const { looksLikePairs, MAX_PAIR_FILE_BYTES, readPairsFile } =
      await import("../../../client/steering/contrastPairs");
    if (file.size > MAX_PAIR_FILE_BYTES) return false;
    const text = await file.text();
    if (!looksLikePairs(file.name, text)) return false;
    this.pairs = { name: file.name, pairs: readPairsFile(file.name, text) };
    return true;
  }
}
