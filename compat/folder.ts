/**
 * Where the compatibility data lies: real files made by others, not part of this repository. Without them the
 * suite is skipped, and says so.
 */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const FOLDER = resolve(process.env["VITRINE_COMPAT"] ?? "../shared/compat");

/** True, with a printed line, if this part of the data is not there. */
export function isMissing(part: string): boolean {
  const path = compatPath(part);
  if (existsSync(path)) return false;
  console.log(`Skipped: ${path} is not there (VITRINE_COMPAT names the folder of the compatibility data).`);
  return true;
}

export const compatPath = (part: string) => resolve(FOLDER, part);

export function compatJson<T>(part: string): T {
  return JSON.parse(readFileSync(compatPath(part), "utf8")) as T;
}
