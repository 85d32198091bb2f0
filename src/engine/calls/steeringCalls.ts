/** Steering vectors: made of contrast pairs, measured by what they do, read from files and written to them. */
import type { EngineApi } from "../../protocol/api";
import { bindMethods, type MethodTable } from "./methodTable";
import type { EngineParts } from "./engineParts";

const METHODS: MethodTable<"steeringVectors" | "steeringEffect"> = {
  steeringVectors: {
    slot: ({ model }) => model,
    load: async () => {
      const { steeringVectors } = await import("../methods/steeringVectors/steeringVectors");
      return ({ model, pauser, onProgress }, request) => steeringVectors(model, request, pauser, onProgress);
    },
  },
  steeringEffect: {
    slot: ({ model }) => model,
    load: async () => {
      const { steeringEffect } = await import("../methods/steeringEffect/steeringEffect");
      return ({ model, pauser, onProgress }, request) => steeringEffect(model, request, pauser, onProgress);
    },
  },
};

type FileCall = "readSteeringFile" | "writeSteeringFile";

export const steeringCalls = (
  engine: EngineParts,
): Pick<EngineApi, "steeringVectors" | "steeringEffect" | FileCall> => ({
  ...bindMethods(engine, METHODS),
  async readSteeringFile(file) {
    const { filesFromBlobs } = await import("../formats/bytes/source");
    const { readSteeringFile } = await import("../formats/steering/readSteeringFile");
    const [bytes] = await filesFromBlobs([file]);
    return bytes && readSteeringFile(bytes);
  },
  async writeSteeringFile(file) {
    const { writeSteeringFile } = await import("../formats/steering/writeSteeringFile");
    return writeSteeringFile(file);
  },
});
