/**
 * Who may import whom (docs/architecture.md, section 1). A layer sees itself and what its row lists; a module
 * outside `src/` is only for the files named here.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

/** Longest prefix wins. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "src/protocol": [],
  "src/languages": [],
  "src/games": [],
  "src/statistics": [],
  "src/problems": ["src/protocol"],
  "src/engine/device": ["src/protocol"],
  "src/engine/kernels": ["src/protocol", "src/engine/device"],
  "src/engine/ops": ["src/protocol", "src/engine/device", "src/engine/kernels"],
  "src/engine/formats": ["src/protocol", "src/engine/kernels/half.ts"],
  "src/engine/models": ["src/protocol", "src/engine/device", "src/engine/ops", "src/engine/formats"],
  "src/engine/interp": [
    "src/protocol",
    "src/games",
    "src/statistics",
    "src/engine/device",
    "src/engine/ops",
    "src/engine/models",
  ],
  "src/engine/methods": [
    "src/protocol",
    "src/games",
    "src/statistics",
    "src/engine/ops",
    "src/engine/models",
    "src/engine/interp",
  ],
  "src/engine": ["src/protocol", "src/games", "src/statistics", "src/engine"],
  "src/headless.ts": ["src/protocol", "src/engine", "src/games", "src/headlessProblems.ts"],
  // What a set of problems is measured by is pure, on the page and here.
  "src/headlessProblems.ts": ["src/protocol", "src/problems", "src/ui/session/faithfulness"],
  workers: ["src/protocol", "src/engine"],
  "src/ui/charts": ["src/protocol", "src/ui/controls", "src/ui/session/format.ts"],
  "src/ui/controls": ["src/protocol", "src/ui/session"],
  "src/ui/session": [
    "src/protocol",
    "src/games",
    "src/statistics",
    "src/languages",
    "src/problems",
    "workers",
  ],
  "src/ui/panels": [
    "src/protocol",
    "src/games",
    "src/statistics",
    "src/problems",
    "src/ui/charts",
    "src/ui/controls",
    "src/ui/session",
  ],
  "src/ui": ["src/protocol", "src/languages", "src/problems", "src/ui"],
  "src/main.ts": ["src/ui"],
};

/** Layers that import no package, and the files of them that do: links are validated by a schema. */
const PURE = ["src/protocol", "src/languages", "src/games", "src/statistics", "src/problems"];
const MAY_IMPORT_PACKAGE = ["link", "linkEdits", "linkFields"].map(
  (name) => `src/protocol/${name}.ts imports valibot`,
);

/** Folders whose members never import each other: one method, one panel at a time. */
const SIBLINGS_APART = ["src/engine/methods", "src/ui/panels"];
/** Says what a panel is and finds the panels; no panel itself, so that each of them may import its types. */
const PANEL_REGISTRY = "src/ui/panels/registry.ts";

export function violation(from: string, to: string): string | undefined {
  const layer = Object.keys(MAY_IMPORT)
    .filter((prefix) => from === prefix || from.startsWith(`${prefix}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (layer === undefined) return `${from} is in no layer`;
  const inside = to === layer || to.startsWith(`${layer}/`);
  if (inside) {
    const memberOf = (path: string) =>
      path
        .slice(layer.length + 1)
        .split("/")[0]
        ?.replace(/\..*$/, "");
    const apart = SIBLINGS_APART.includes(layer) && to !== PANEL_REGISTRY && memberOf(from) !== memberOf(to);
    return apart ? `${from} imports its sibling ${to}` : undefined;
  }
  const allowed = (MAY_IMPORT[layer] ?? []).some((prefix) => to === prefix || to.startsWith(`${prefix}/`));
  return allowed ? undefined : `${from} imports ${to}, which ${layer} may not see`;
}

export function packageViolation(from: string, name: string): string | undefined {
  const pure = PURE.some((folder) => from.startsWith(`${folder}/`));
  const found = `${from} imports ${name}`;
  return pure && !MAY_IMPORT_PACKAGE.includes(found) ? found : undefined;
}

const SOURCES = ["src", "workers"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|svelte)$/.test(name) && !/\.(test|simd)\.ts$|\.d\.ts$/.test(name))
    .map((name) => posix.join(folder, name)),
);

function packagesOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(/(?:\bfrom|^import)\s+"([^".][^"]*)";$/gm)].map(([, name]) => name ?? "");
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"|new URL\(\s*"(\.[^"]+)"/g);
  return [...found].map(([, imported, url]) => {
    const path = posix.normalize(posix.join(dirname(file), (imported ?? url ?? "").replace(/\?.*$/, "")));
    return /\.\w+$/.test(path) ? path : `${path}.ts`;
  });
}

it("sees no import that crosses layers", () => {
  expect(SOURCES.length).toBeGreaterThan(50);
  const problems = SOURCES.flatMap((file) => [
    ...importsOf(file).map((to) => violation(file, to)),
    ...packagesOf(file).map((name) => packageViolation(file, name)),
  ]);
  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
});

it("would see one", () => {
  expect(violation("src/engine/models/gpt2.ts", "src/engine/kernels/binary/binary.ts")).toMatch(
    /may not see/,
  );
  expect(violation("src/engine/device/cpu.ts", "src/engine/ops/linear.ts")).toMatch(/may not see/);
  expect(violation("src/engine/methods/shapley.ts", "src/engine/methods/generate.ts")).toMatch(/sibling/);
  expect(violation("src/ui/panels/A/A.svelte", "src/ui/panels/B/view.ts")).toMatch(/sibling/);
  expect(violation("src/ui/panels/registry.ts", "src/ui/panels/B/view.ts")).toMatch(/sibling/);
  expect(violation("src/ui/panels/A/panel.ts", PANEL_REGISTRY)).toBeUndefined();
  expect(violation("src/ui/session/x.ts", "src/engine/engine.ts")).toMatch(/may not see/);
  expect(violation("src/engine/ops/linear.ts", "src/engine/kernels/binary/binary.ts")).toBeUndefined();
  expect(packageViolation("src/protocol/run.ts", "comlink")).toBe("src/protocol/run.ts imports comlink");
  expect(packageViolation("src/protocol/link.ts", "valibot")).toBeUndefined();
  expect(packagesOf("src/protocol/link.ts")).toEqual(["valibot"]);
});
