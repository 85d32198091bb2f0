/** The launcher, as a process of its own: what a command writes arrives whole, however slowly it is read. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const SIZE = 4_000_000;
let folder: string;
let entry: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vitrine-headless-"));
  entry = join(folder, "large.ts");
  // Like a command: one write, and an event loop that something keeps alive.
  writeFileSync(
    entry,
    `export async function main() {
  setInterval(() => undefined, 1000);
  process.stdout.write("x".repeat(${SIZE}) + "\\n");
}
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const start = (stdio: "pipe") =>
  spawn(process.execPath, ["scripts/headless.mjs", "--entry", relative(ROOT, entry)], { cwd: ROOT, stdio });

it("writes 4 MB through a pipe that is read slowly", { timeout: 120_000 }, async () => {
  const child = start("pipe");
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  let size = 0;
  for await (const piece of child.stdout) {
    size += (piece as Buffer).length;
    if (size < 1_000_000) await wait(20);
  }
  expect(size).toBe(SIZE + 1);
  expect(await ended).toBe(0);
});

it("ends quietly when its reader has seen enough", { timeout: 120_000 }, async () => {
  const child = start("pipe");
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  let said = "";
  child.stderr.on("data", (piece: Buffer) => (said += piece.toString()));
  child.stdout.once("data", () => child.stdout.destroy());
  expect(await ended).toBe(0);
  expect(said).toBe("");
});
