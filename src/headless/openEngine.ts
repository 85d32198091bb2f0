/** An engine with the model and the autoencoders that the options name. */
import { openAsBlob, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { DevicePreference, EngineApi, ModelInfo, Precision } from "../protocol/api";
import type { SaeInfo } from "../protocol/sae/features";
import { createNodeEngine } from "../engine/hosts/nodeHost";
import { ProgressLine } from "../engine/hosts/nodeProgress";
import { fieldsOption, oneOf, required, usage, type Options } from "./options";

export const PROGRESS = new ProgressLine(process.stderr);

/** Where embedded models live; set by the launcher, which knows the project's folder. */
export const modelsRoot = () => process.env["VITRINE_MODELS"] ?? "static/models";

export async function openEngine(values: Options): Promise<{ engine: EngineApi; info: ModelInfo }> {
  const engine = createNodeEngine(modelsRoot());
  await engine.openDevice(oneOf<DevicePreference>("device", required(values, "device"), ["cpu", "webgpu"]));
  const precision = oneOf<Precision | "auto">("precision", required(values, "precision"), [
    "f32",
    "f16",
    "q8",
    "auto",
  ]);
  const fields = fieldsOption(values, "config");
  const source = { kind: "embedded", name: required(values, "model"), ...(fields && { fields }) } as const;
  const info = await engine.loadModel(source, precision, "load", ({ done, total, note }) =>
    PROGRESS.show(total > 1 ? `${note} ${Math.floor((100 * done) / total)} %` : note),
  );
  PROGRESS.end();
  for (const note of info.notes) process.stderr.write(`${note}\n`);
  await attachSaes(engine, values);
  return { engine, info };
}

async function attachSaes(engine: EngineApi, values: Options): Promise<void> {
  for (const path of values.sae?.split(",") ?? []) {
    const names = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path];
    const files = await Promise.all(
      names
        .filter((name) => statSync(name).isFile())
        .map(async (name) => new File([await openAsBlob(name)], basename(name))),
    );
    const fields = fieldsOption(values, "sae-config");
    const source = { kind: "files", name: basename(path), files, ...(fields && { fields }) } as const;
    await engine.attachSaes(source, values["sae-site"], "sae");
  }
}

/** An attached autoencoder by its place among them. */
export async function saeAt(engine: EngineApi, place: unknown): Promise<SaeInfo> {
  const saes = await engine.saes();
  const index = place === undefined ? 0 : Number(place);
  return saes[index] ?? usage(`autoencoder ${String(place ?? 0)} was named; --sae attached ${saes.length}`);
}
