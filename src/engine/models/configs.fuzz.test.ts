/** Mutated configs of every architecture: each one gives a plan or a VitrineError, in bounded time. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openModelFiles } from "../formats/modelFiles";
import { filesFromFolder } from "../formats/bytes/sourceNode";
import { loadArchitecture } from "./index";
import { planModel } from "./loading/plan";
import { randomBelow } from "../../random/lcg";

const GOLDEN = join(import.meta.dirname, "golden");
const MUTATIONS = 200;
const SLOWEST_MS = 1000;
const HOSTILE: unknown[] = [
  null,
  0,
  -1,
  0.5,
  7,
  1023,
  1e6,
  16_777_216,
  1e308,
  "",
  "x",
  [],
  {},
  true,
  [[["global"], 1e9]],
];

it.each(readdirSync(GOLDEN))("%s", async (folder) => {
  const given = await filesFromFolder(join(GOLDEN, folder));
  const files = await openModelFiles(given.filter(({ name }) => !name.startsWith("golden")));
  const architecture = await loadArchitecture(files.config["model_type"]);
  for (let seed = 1; seed <= MUTATIONS; seed++) {
    const next = randomBelow(seed);
    const config: Record<string, unknown> = { ...files.config };
    const keys = Object.keys(config).filter((key) => key !== "model_type");
    for (let changes = 1 + next(2); changes > 0; changes--)
      config[keys[next(keys.length)] ?? ""] = HOSTILE[next(HOSTILE.length)];
    // Processor time: other work on a busy machine does not count.
    const started = process.cpuUsage();
    try {
      planModel(architecture, { ...files, config }, "auto");
    } catch (error) {
      const { name, message } = error as Error;
      expect(`seed ${seed}: ${name}: ${message}`).toMatch(/^seed \d+: (BadFile|Unsupported|OutOfMemory): /);
    }
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1000, `seed ${seed}`).toBeLessThan(SLOWEST_MS);
  }
});
