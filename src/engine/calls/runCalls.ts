/** A run with all that is asked of it, and generation. */
import { run, withCanonicalSites } from "../interp/pass/runRows";
import { describeIds } from "../open/openModel";
import { bindMethods, type MethodTable } from "./methodTable";
import type { EngineParts } from "./engineParts";

const METHODS: MethodTable<"run" | "generate"> = {
  run: {
    // Every visit uses it: its code comes with the engine's.
    load:
      async () =>
      ({ model }, request) =>
        run(model, withCanonicalSites(model, request)),
  },
  generate: {
    load: async ({ captures }) => {
      const { generate } = await import("../methods/generate/generate");
      return async ({ model, open, pauser, onProgress: onToken }, request) => {
        const store = (request.capture ?? []).length > 0 ? await captures() : undefined;
        if (store) {
          const { generationBytes } = await import("../methods/capture/capture");
          store.checkRoom(generationBytes(model, request));
        }
        let before = request.tokens.at(-1);
        const { captured, ...result } = await generate(model, request, pauser, (id) => {
          const [token] = describeIds(open.tokenizer, [id], before);
          before = id;
          if (token) onToken?.(token);
        });
        const tensors = captured.map((tensor) => ({ prompt: 0, ...tensor }));
        return store ? { ...result, captures: store.put(tensors) } : result;
      };
    },
  },
};

export const runCalls = (engine: EngineParts) => bindMethods(engine, METHODS);
