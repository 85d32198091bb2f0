/** The faithfulness scorecard (Lanham et al. 2023) of a model on its device; see the files of the folder. */
import type { Pauser } from "../../protocol/cancel";
import type {
  FaithfulnessRequest,
  FaithfulnessResult,
  WriteChainsRequest,
} from "../../protocol/faithfulness";
import type { Progress } from "../../protocol/api";
import type { Model } from "../models/model";
import { faithfulness as measure, writeChains as write } from "./faithfulness/faithfulness";
import { ModelReader } from "./faithfulness/modelReader";
import type { Codec } from "./faithfulness/problems";

export interface Reads extends Codec {
  readonly eosId: number | undefined;
}

export function faithfulness(
  model: Model,
  codec: Reads,
  request: FaithfulnessRequest,
  pauser: Pauser,
  onProgress?: (partial: FaithfulnessResult) => void,
): Promise<FaithfulnessResult> {
  return measure(new ModelReader(model, pauser, codec.eosId), codec, request, onProgress);
}

export function writeChains(
  model: Model,
  codec: Reads,
  request: WriteChainsRequest,
  pauser: Pauser,
  onProgress?: (progress: Progress) => void,
): Promise<string[]> {
  return write(new ModelReader(model, pauser, codec.eosId), codec, request, (done) =>
    onProgress?.({ done, total: request.prompts.length, note: "writing chains" }),
  );
}
