/**
 * Who may import whom (docs/architecture.md). A layer sees itself and what its row lists. No two files import each other
 * in a circle, and no folder grows flat.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

/** Numbers only. */
const NUMBERS = ["src/random", "src/statistics", "src/shapley"];
const INTERP = "src/engine/interp";
/** What a layer of the run may see below the run. */
const BELOW_RUN = ["src/protocol", "src/random", "src/engine/device", "src/engine/ops", "src/engine/models"];

/** Longest prefix wins. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "src/protocol": [],
  "src/folders": [],
  "src/random": [],
  "src/statistics": ["src/random"],
  "src/shapley": ["src/random"],
  "src/synthetic": ["src/random"],
  "src/client": ["src/protocol", ...NUMBERS, "src/synthetic"],
  "src/engine/device": ["src/protocol"],
  "src/engine/kernels": ["src/protocol", "src/random", "src/engine/device"],
  "src/engine/autodiff": ["src/protocol", "src/engine/device", "src/engine/kernels"],
  "src/engine/ops": ["src/protocol", "src/engine/device", "src/engine/kernels"],
  // What lies in a folder is asked by the page, and by Node for a path.
  "src/engine/formats": ["src/protocol", "src/folders", "src/engine/kernels/half.ts"],
  "src/engine/models": [
    "src/protocol",
    "src/random",
    "src/engine/device",
    "src/engine/ops",
    "src/engine/formats",
  ],
  [`${INTERP}/batch`]: BELOW_RUN,
  [`${INTERP}/edits`]: [...BELOW_RUN, `${INTERP}/batch`],
  [`${INTERP}/pass`]: [...BELOW_RUN, `${INTERP}/batch`, `${INTERP}/edits`],
  [`${INTERP}/decode`]: [...BELOW_RUN, `${INTERP}/batch`, `${INTERP}/pass`],
  [`${INTERP}/gradients`]: [
    ...BELOW_RUN,
    "src/engine/autodiff",
    ...["batch", "edits", "pass"].map((folder) => `${INTERP}/${folder}`),
  ],
  [`${INTERP}/interventions`]: [...BELOW_RUN, `${INTERP}/batch`, `${INTERP}/pass`],
  [`${INTERP}/weights`]: [...BELOW_RUN, `${INTERP}/pass`],
  [`${INTERP}/activations`]: [
    ...BELOW_RUN,
    ...["batch", "edits", "pass", "interventions"].map((folder) => `${INTERP}/${folder}`),
  ],
  [`${INTERP}/cells`]: [
    ...BELOW_RUN,
    ...["batch", "interventions", "activations", "gradients"].map((folder) => `${INTERP}/${folder}`),
  ],
  [`${INTERP}/coalitions`]: [
    ...BELOW_RUN,
    ...["batch", "edits", "pass", "interventions"].map((folder) => `${INTERP}/${folder}`),
  ],
  [`${INTERP}/sae`]: [
    ...BELOW_RUN,
    ...["batch", "edits", "pass", "interventions", "activations"].map((folder) => `${INTERP}/${folder}`),
  ],
  "src/engine/optim": ["src/engine/device", "src/engine/kernels"],
  "src/engine/train": [...NUMBERS, ...BELOW_RUN, INTERP, "src/engine/optim"],
  "src/engine/methods": [...NUMBERS, ...BELOW_RUN, INTERP],
  "src/engine": ["src/protocol", ...NUMBERS, "src/engine"],
  "src/headless": ["src/protocol", ...NUMBERS, "src/client", "src/engine"],
  workers: ["src/protocol", "src/engine"],
  "src/ui/controls": ["src/protocol", "src/client", "src/ui/state", "src/ui/link", "src/ui/files"],
  "src/ui/charts": ["src/protocol", "src/client/format.ts", "src/ui/controls"],
  "src/ui/state": [
    ...["src/protocol", "src/folders", ...NUMBERS, "src/synthetic", "src/client"],
    ...["src/ui/files", "workers"],
  ],
  "src/ui/files": ["src/protocol", "src/client"],
  "src/ui/link": ["src/protocol", "src/client", "src/ui/state"],
  "src/ui/panels": [
    ...["src/protocol", ...NUMBERS, "src/client"],
    ...["src/ui/charts", "src/ui/controls", "src/ui/files", "src/ui/state"],
  ],
  "src/ui": ["src/protocol", "src/client", "src/ui"],
  "src/main.ts": ["src/ui"],
  bench: ["src/protocol", ...NUMBERS, "src/synthetic", "src/client", "src/engine"],
  training: ["src/protocol", ...NUMBERS, "src/synthetic", "src/engine"],
  scripts: ["src/protocol", "src/client", "src/engine", "src/ui/link"],
};

/** Layers that import no package, and the files of them that do: links are validated by a schema. */
const PURE = ["src/protocol", "src/folders", ...NUMBERS, "src/synthetic", "src/client"];
const LINK_FIELDS = ["editDetails", "fields", "add", "latent"].map((name) => `edits/details/${name}`);
const MAY_IMPORT_PACKAGE = ["link/link", "link/edits", "link/fields", ...LINK_FIELDS].map(
  (name) => `src/client/${name}.ts imports valibot`,
);

/** Folders whose members never import each other: one method, one panel at a time. */
const SIBLINGS_APART = ["src/engine/methods", "src/ui/panels"];
/** Says what a panel is and finds the panels; no panel itself, so that each of them may import its types. */
const PANEL_REGISTRY = "src/ui/panels/registry.ts";
/** A folder is one idea; tests, their samples and cases stand beside what they test and are not counted. */
const MOST_FILES = 25;

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

const SOURCES = ["src", "workers", "bench", "scripts", "training"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|svelte)$/.test(name) && !/\.(test|simd)\.ts$|\.d\.ts$/.test(name))
    .map((name) => posix.join(folder, name)),
);
const TEXTS = new Map(SOURCES.map((file) => [file, readFileSync(join(ROOT, file), "utf8")]));

function packagesOf(file: string): string[] {
  const text = TEXTS.get(file) ?? "";
  return [...text.matchAll(/(?:\bfrom|^import)\s+"([^".][^"]*)";$/gm)].map(([, name]) => name ?? "");
}

/** Types count. */
function importsOf(file: string): string[] {
  const found = (TEXTS.get(file) ?? "").matchAll(
    /(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"|new URL\(\s*"(\.[^"]+)"/g,
  );
  return [...found].map(([, imported, url]) => {
    const path = posix.normalize(posix.join(dirname(file), (imported ?? url ?? "").replace(/\?.*$/, "")));
    return [path, `${path}.ts`, `${path}/index.ts`].find((name) => TEXTS.has(name)) ?? path;
  });
}

/** Files that import each other in a circle (Tarjan's strongly connected components of more than one). */
export function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (file: string) => {
    const number = order.size;
    order.set(file, number);
    let low = number;
    open.push(file);
    for (const next of graph.get(file) ?? []) {
      if (!graph.has(next)) continue;
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (open.includes(next)) low = Math.min(low, order.get(next) ?? low);
    }
    if (low === number) {
      const circle = open.splice(open.indexOf(file));
      if (circle.length > 1) found.push(circle.sort());
    }
    return low;
  };
  for (const file of graph.keys()) if (!order.has(file)) visit(file);
  return found;
}

it("sees no import that crosses layers", () => {
  expect(SOURCES.length).toBeGreaterThan(500);
  const problems = SOURCES.flatMap((file) => [
    ...importsOf(file).map((to) => violation(file, to)),
    ...packagesOf(file).map((name) => packageViolation(file, name)),
  ]);
  expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
});

it("sees no circle, types counted", () => {
  expect(circles(new Map(SOURCES.map((file) => [file, importsOf(file)])))).toEqual([]);
});

it("sees no folder of more than 25 files", () => {
  const counts = new Map<string, number>();
  for (const file of SOURCES) {
    if (/\.(samples|cases)\.ts$/.test(file)) continue;
    counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  }
  expect([...counts].filter(([, count]) => count > MOST_FILES)).toEqual([]);
});

it("would see one", () => {
  expect(violation("src/engine/models/architectures/gpt2.ts", "src/engine/kernels/binary/binary.ts")).toMatch(
    /may not see/,
  );
  expect(violation("src/engine/device/cpu.ts", "src/engine/ops/linear.ts")).toMatch(/may not see/);
  expect(violation("src/engine/interp/batch/tokenBatch.ts", "src/engine/interp/pass/runRows.ts")).toMatch(
    /may not/,
  );
  expect(violation("src/engine/methods/sweep/sweep.ts", "src/engine/methods/generate/generate.ts")).toMatch(
    /sibling/,
  );
  expect(violation("src/ui/panels/A/A.svelte", "src/ui/panels/B/view.ts")).toMatch(/sibling/);
  expect(violation("src/ui/panels/registry.ts", "src/ui/panels/B/view.ts")).toMatch(/sibling/);
  expect(violation("src/ui/panels/A/panel.ts", PANEL_REGISTRY)).toBeUndefined();
  expect(violation("src/ui/state/x.ts", "src/engine/engine.ts")).toMatch(/may not see/);
  expect(violation("src/client/chain/effect.ts", "src/ui/state/chain.svelte.ts")).toMatch(/may not see/);
  expect(violation("src/engine/ops/linear.ts", "src/engine/kernels/binary/binary.ts")).toBeUndefined();
  expect(packageViolation("src/protocol/run.ts", "comlink")).toBe("src/protocol/run.ts imports comlink");
  expect(packageViolation("src/client/link/link.ts", "valibot")).toBeUndefined();
  expect(packagesOf("src/client/link/link.ts")).toEqual(["valibot"]);
  const graph = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", ["a"]],
    ["d", []],
  ]);
  expect(circles(graph)).toEqual([["a", "b", "c"]]);
});
