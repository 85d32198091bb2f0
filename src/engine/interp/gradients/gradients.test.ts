import { describe, expect, it } from "vitest";
import { createCpuDevice } from "../../device/cpu";
import { sitesOf } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { gradients } from "./gradients";

const TOKENS = [3, 1, 4, 1, 5, 9, 2, 6];

it("x", async () => {
  const model = randomGpt2(await createCpuDevice());
  const r = await gradients(model, {
    rows: [{ tokens: TOKENS }],
    scalars: [[{ kind: "logProb", row: 0, position: 7, target: 3 }]],
    sites: sitesOf(model),
  });
  console.log(
    r.values,
    r.alarms,
    r.gradients.map(({ site, shape, data }) => `${site} ${shape.join()} ${Math.max(...data)}`),
  );
});
