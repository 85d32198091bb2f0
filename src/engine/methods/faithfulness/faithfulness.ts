/** The faithfulness scorecard (Lanham et al. 2023) of a model on its device; see the files of the folder. */
import type { Pauser } from "../../../protocol/cancel";
import type {
  FaithfulnessRequest,
  FaithfulnessResult,
  WriteChainsRequest,
} from "../../../protocol/faithfulness";
import { VitrineError } from "../../../protocol/errors";
import type { Edit } from "../../../protocol/interventions";
import type { Progress } from "../../../protocol/progress";
import type { Model } from "../../models/model";
import { faithfulness as measure, writeChains as write } from "./overProblems";
import { ModelReader } from "./modelReader";
import type { Codec } from "./problems";

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
  checkEdits(request.edits);
  return measure(new ModelReader(model, pauser, codec.eosId, request.edits), codec, request, onProgress);
}

export function writeChains(
  model: Model,
  codec: Reads,
  request: WriteChainsRequest,
  pauser: Pauser,
  onProgress?: (progress: Progress) => void,
): Promise<string[]> {
  checkEdits(request.edits);
  return write(new ModelReader(model, pauser, codec.eosId, request.edits), codec, request, (done) =>
    onProgress?.({ done, total: request.prompts.length, note: "writing chains" }),
  );
}

/** A replaced token is a change of one text, not of the model. */
function checkEdits(edits: readonly Edit[] = []): void {
  const replaced = edits.find(({ kind, on }) => kind === "token" && on);
  if (replaced?.kind !== "token") return;
  throw new VitrineError(
    "Unsupported",
    `An edit puts “${replaced.text}” at position ${replaced.position} of the text on the page, but every problem is a text of its own; switch that edit off, or change the problem's text.`,
  );
}
