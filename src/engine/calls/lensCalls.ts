/** Jacobian lenses of the page's model: fitted, opened, judged, exported. */
import type { EngineApi } from "../../protocol/api";
import { filesFromBlobs } from "../formats/bytes/source";
import { bindMethods, type MethodTable } from "./methodTable";
import type { EngineParts } from "./engineParts";

const METHODS: MethodTable<"fitJacobianLens" | "goOnFitting" | "openLenses" | "lensQuality"> = {
  fitJacobianLens: {
    load: async ({ saes }) => {
      const lenses = await saes.lenses();
      return ({ model, open, pauser, onProgress }, request) =>
        lenses.fit(model, open, request, pauser, onProgress);
    },
  },
  goOnFitting: {
    load: async ({ saes }) => {
      const lenses = await saes.lenses();
      return ({ model, pauser, onProgress }, id) => lenses.goOn(model, id, pauser, onProgress);
    },
  },
  openLenses: {
    load: async ({ saes }) => {
      const lenses = await saes.lenses();
      return async ({ open, pauser }, files) => lenses.open(open, await filesFromBlobs(files), pauser);
    },
  },
  lensQuality: {
    load: async ({ saes }) => {
      const lenses = await saes.lenses();
      const { lensQuality } = await import("../methods/jacobianLens/quality");
      return ({ model, pauser, onProgress }, request) =>
        lensQuality(model, lenses.find(request.lens), request, pauser, onProgress);
    },
  },
};

type LensCall = keyof typeof METHODS | "lenses" | "releaseLens" | "exportLens";

export const lensCalls = (engine: EngineParts): Pick<EngineApi, LensCall> => ({
  ...bindMethods(engine, METHODS),
  lenses: async () => engine.saes.lensInfos,
  releaseLens: async (id) => engine.saes.releaseLens(id),
  exportLens: async (id) => (await engine.saes.lenses()).exported(id),
});
