/** `npm run test:compat`: the compatibility suite on real files of others, if they are here. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { spawnSync } from "node:child_process";

const folder = resolve(process.env.VITRINE_COMPAT ?? "../shared/compat");
if (existsSync(folder)) {
  const child = spawnSync("node", ["scripts/test.mjs", "--only", "compat"], {
    stdio: "inherit",
    env: { ...process.env, VITRINE_COMPAT: folder },
  });
  process.exitCode = child.status ?? 1;
} else {
  console.log(
    `The compatibility data is not at ${folder} (VITRINE_COMPAT names another place): nothing was run.`,
  );
}
