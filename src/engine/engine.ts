/** Puts one engine together: its device, its open models, the calls in flight. The calls themselves are in `calls/`. */
import type { EngineApi } from "../protocol/api";
// First: where the bundler meets the run after other code, it cuts it into more chunks, and the first load grows by 3 kB.
import { runCalls } from "./calls/runCalls";
import { attachCalls } from "./calls/attachCalls";
import { captureCalls } from "./calls/captureCalls";
import { chainCalls } from "./calls/chainCalls";
import { corpusCalls } from "./calls/corpusCalls";
import { deviceCalls } from "./calls/deviceCalls";
import type { EngineHost, EngineParts } from "./calls/engineParts";
import { lensCalls } from "./calls/lensCalls";
import { modelCalls } from "./calls/modelCalls";
import { patchingCalls } from "./calls/patchingCalls";
import { readingCalls } from "./calls/readingCalls";
import { RunningCalls } from "./calls/runningCalls";
import { saeCalls } from "./calls/saeCalls";
import { steeringCalls } from "./calls/steeringCalls";
import { tokenCalls } from "./calls/tokenCalls";
import { trainingCalls } from "./calls/trainingCalls";
import { TokenSpeed } from "./calls/tokenSpeed";
import type { CaptureStore } from "./open/captureStore";
import { HeldSaes } from "./open/heldSaes";
import { OpenDevice } from "./open/openDevice";
import { OpenModels } from "./open/openModels";

export type { EngineHost } from "./calls/engineParts";

function createParts(host: EngineHost): EngineParts {
  const models = new OpenModels((...asked) => host.openFiles(...asked));
  const saes = new HeldSaes();
  const device = new OpenDevice(
    (preference) => host.openDevice(preference),
    async (to) => {
      await models.moveTo(to);
      if (models.main) await saes.moveTo(models.main.model);
    },
  );
  let held: Promise<CaptureStore> | undefined;
  return {
    ...{ host, device, models, saes, running: new RunningCalls(), speed: new TokenSpeed() },
    captures: () => (held ??= import("./open/captureStore").then(({ CaptureStore }) => new CaptureStore())),
    withModel: (work, slot) => device.during(() => models.during(slot, work)),
  };
}

export function createEngine(host: EngineHost): EngineApi {
  const engine = createParts(host);
  return {
    ...deviceCalls(engine),
    ...modelCalls(engine),
    ...tokenCalls(engine),
    ...runCalls(engine),
    ...captureCalls(engine),
    ...readingCalls(engine),
    ...patchingCalls(engine),
    ...attachCalls(engine),
    ...saeCalls(engine),
    ...steeringCalls(engine),
    ...corpusCalls(engine),
    ...trainingCalls(engine),
    ...lensCalls(engine),
    ...chainCalls(engine),
  };
}
