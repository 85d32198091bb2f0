/**
 * Finds a Chromium for the tests: the CHROMIUM variable, a system browser, Playwright's own; if there is none,
 * installs one (Playwright's download, else apt).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chromium } from "playwright";

const SYSTEM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const START_TIMEOUT_MS = 30_000;
const DOWNLOAD_TIMEOUT_MS = 5 * 60_000;
const APT_TIMEOUT_MS = 10 * 60_000;

function onPath(name) {
  try {
    return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** A download may lack the system libraries it needs, and a name on the path may only ask to install something. */
function starts(path) {
  return spawnSync(path, ["--version"], { stdio: "ignore", timeout: START_TIMEOUT_MS }).status === 0;
}

function find() {
  if (process.env.CHROMIUM) {
    if (existsSync(process.env.CHROMIUM)) return process.env.CHROMIUM;
    throw new Error(`CHROMIUM names ${process.env.CHROMIUM}, which is not there`);
  }
  return [...SYSTEM_NAMES.map(onPath), chromium.executablePath()].find((path) => path && starts(path));
}

function attempt(command, args, timeout) {
  console.log(`$ ${command} ${args.join(" ")}`);
  // apt must not stop to ask.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"], timeout, env }).status === 0;
}

export function chromiumPath() {
  const found = find();
  if (found) return found;
  console.log("No Chromium found; installing one.");
  attempt("npx", ["playwright", "install", "chromium"], DOWNLOAD_TIMEOUT_MS);
  if (!find()) {
    const sudo = process.getuid?.() === 0 ? [] : ["sudo"];
    const apt = (...args) => {
      const [command, ...rest] = [...sudo, "apt-get", ...args];
      return attempt(command, rest, APT_TIMEOUT_MS);
    };
    if (apt("update")) apt("install", "-y", "--no-install-recommends", "chromium");
  }
  const installed = find();
  if (installed) return installed;
  throw new Error("No Chromium could be found or installed; install one and set CHROMIUM to its path.");
}
