/** Autoencoders of the page's model: attached, read, evaluated. */
import { saeOf } from "../models/model";
import { bindMethods, type MethodTable } from "./methodTable";
import type { EngineParts } from "./engineParts";
import { padTokenOf } from "./padTokenOf";

type SaeMethod =
  | "saeDecode"
  | "saeSplice"
  | "saeCodeCurve"
  | "saeLatent"
  | "saeByLogit"
  | "saeEffects"
  | "saeTrace"
  | "saeN2g"
  | "saeSimulate"
  | "saeProbes"
  | "saeQuality";

const METHODS: MethodTable<SaeMethod> = {
  saeDecode: {
    load: async () => {
      const { saeDecode } = await import("../methods/saeDecode/saeDecode");
      return ({ model, open, pauser }, request) => saeDecode(model, request, pauser, open.info.bosId);
    },
  },
  saeSplice: {
    load: async () => {
      const { saeSplice } = await import("../methods/saeSplice/saeSplice");
      return ({ model, open, pauser }, request) => saeSplice(model, request, pauser, open.info.bosId);
    },
  },
  saeCodeCurve: {
    load: async () => {
      const { saeCodeCurve } = await import("../methods/saeDecode/saeDecode");
      return ({ model, open, pauser }, request) => saeCodeCurve(model, request, pauser, open.info.bosId);
    },
  },
  saeLatent: {
    load: async () => {
      const { saeLatent } = await import("../methods/saeLatent/saeLatent");
      return ({ model, pauser }, request) => saeLatent(model, request, pauser);
    },
  },
  saeByLogit: {
    load: async () => {
      const { latentsByLogit } = await import("../methods/saeByLogit/saeByLogit");
      return ({ model }, request) => latentsByLogit(model, request);
    },
  },
  saeEffects: {
    load: async () => {
      const { latentEffects } = await import("../methods/saeEffects/saeEffects");
      return ({ model, pauser }, request) => latentEffects(model, request, pauser);
    },
  },
  saeTrace: {
    load: async () => {
      const { latentTrace } = await import("../methods/saeTrace/saeTrace");
      return ({ model, pauser }, request) => latentTrace(model, request, pauser);
    },
  },
  saeN2g: {
    load: async () => {
      const { n2g } = await import("../methods/n2g/n2g");
      return async ({ model, open, pauser }, request) => {
        const padToken = request.padToken ?? (await padTokenOf(open));
        return n2g(model, saeOf(model, request.sae), { ...request, padToken }, pauser);
      };
    },
  },
  saeSimulate: {
    load: async () => {
      const { simulateLatent } = await import("../methods/n2g/n2g");
      return ({ model, pauser }, request) =>
        simulateLatent(model, saeOf(model, request.sae), request, pauser);
    },
  },
  saeProbes: {
    load: async () => {
      const { probes } = await import("../methods/probes/probes");
      return ({ model, pauser }, request) => probes(model, saeOf(model, request.sae), request, pauser);
    },
  },
  saeQuality: {
    load: async () => {
      const { saeQuality } = await import("../methods/saeQuality/saeQuality");
      return ({ model, pauser }, request) => saeQuality(model, saeOf(model, request.sae), request, pauser);
    },
  },
};

export const saeCalls = (engine: EngineParts) => bindMethods(engine, METHODS);
