/** The command `gradient`: of a log-probability, or of a logit difference, at each of some sites, as a file of tensors. */
import { writeFileSync } from "node:fs";
import { FROZEN_PARTS, type Scalar } from "../protocol/gradients/gradients";
import { writeSafetensors } from "../engine/formats/writeSafetensors";
import { inputEdits, inputTokens } from "./inputs";
import { openEngine } from "./openEngine";
import { numberOption, oneOf, required, type Options } from "./options";

export async function gradient(values: Options): Promise<object> {
  const { engine, info } = await openEngine(values);
  const tokens = await inputTokens(engine, values);
  const edits = await inputEdits(engine, values);
  const out = required(values, "out");
  const sites = required(values, "sites").split(",");
  const frozen = (values.frozen?.split(",") ?? []).map((part) => oneOf("frozen", part, FROZEN_PARTS));
  const at = { row: 0, position: numberOption(values, "position") };
  const target = numberOption(values, "target");
  const minus = values.minus === undefined ? undefined : numberOption(values, "minus");
  const scalar: Scalar =
    minus === undefined
      ? [{ kind: "logProb", ...at, target }]
      : [
          { kind: "logit", ...at, target },
          { kind: "logit", ...at, target: minus, weight: -1 },
        ];
  const asked = { prompts: [{ tokens, edits }], scalars: [scalar], sites, frozen };
  const { gradients, values: read, alarms } = await engine.gradients(asked, "gradient");
  const metadata = {
    ...{ model: info.name, sha256: info.sha256, tokens: tokens.join(","), position: String(at.position) },
    ...{ target: String(target), ...(minus !== undefined && { minus: String(minus) }) },
    ...{ value: String(read[0]), ...(frozen.length > 0 && { frozen: frozen.join(",") }) },
  };
  const tensors = gradients.map(({ site, shape, data }) => ({ name: site, shape, data }));
  writeFileSync(out, writeSafetensors(tensors, metadata));
  return {
    ...{ tokens, value: read[0], out },
    sites: gradients.map(({ site, shape }) => ({ site, shape })),
    // A gradient of nothing but zeros is no result: where a position sees one key only, or where something lost it.
    alarms: alarms.map(({ kind, site }) => ({ kind, site })),
    ...(frozen.length > 0 && { frozen }),
  };
}
