/** Learning: autoencoders of the page's model. The engine holds each run until it is released. */
import { NEVER_CANCELLED } from "../../protocol/cancel";
import type { TrainingApi } from "../../protocol/sae/training";
import { fileFromBytes } from "../formats/bytes/source";
import { bindMethods, type MethodTable } from "./methodTable";
import type { EngineParts } from "./engineParts";

const METHODS: MethodTable<"trainSaes" | "goOnWithTraining"> = {
  trainSaes: {
    load: async ({ saes }) => {
      const trainings = await saes.trainings();
      return ({ model, open, pauser, onProgress }, request) =>
        trainings.run(model, open.info, request, pauser, onProgress);
    },
  },
  goOnWithTraining: {
    load: async ({ saes }) => {
      const trainings = await saes.trainings();
      return ({ model, pauser, onProgress }, asked) => trainings.goOn(model, asked, pauser, onProgress);
    },
  },
};

export function trainingCalls(engine: EngineParts): TrainingApi {
  const { saes, models } = engine;
  return {
    ...bindMethods(engine, METHODS),
    trainedSaeFiles: async ({ id, sae }) =>
      engine.withModel(async () => (await saes.trainings()).files(id, sae)),
    attachTrainedSae: async ({ id, sae }) =>
      engine.withModel(async (model) => {
        const files = (await (await saes.trainings()).files(id, sae)).map(({ name, data }) =>
          fileFromBytes(`trained/${name}`, data),
        );
        return (await saes.saes()).attach(model, models.in().info, files, {}, NEVER_CANCELLED);
      }),
    releaseTraining: async (id) => saes.releaseTraining(id),
  };
}
