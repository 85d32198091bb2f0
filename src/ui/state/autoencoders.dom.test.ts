/** What is fetched and attached of what ships: the autoencoders on opening, the transcoders when somebody asks. */
import { expect, it, vi } from "vitest";
import type { EngineApi, ModelInfo } from "../../protocol/api";
import type { SaeInfo, SaeSource } from "../../protocol/sae/features";
import { Autoencoders } from "./autoencoders.svelte";
import type { CorpusOwner } from "./corpora.svelte";
import { inRoot } from "./testRoot.svelte";

const sites = (...hooks: readonly string[]) => ({
  ...{ rule: "a rule", modelSha256: "m" },
  sites: Object.fromEntries(hooks.map((hook) => [hook, { sha256: `sha of ${hook}`, labels: { 3: hook } }])),
});
const FILES: Readonly<Record<string, unknown>> = {
  factors: sites("blocks.0.hook_resid_post", "blocks.1.hook_resid_post"),
  transcoders: sites("blocks.0.hook_mlp_out", "blocks.1.hook_mlp_out"),
};
const HOOKS: Readonly<Record<string, string>> = { resid_post: "hook_resid_post", mlp: "hook_mlp_out" };

function start(files = FILES) {
  const fetched: string[] = [];
  vi.stubGlobal("fetch", async (url: URL) => {
    const [, part = ""] = /sae\/(\w+)\.json$/.exec(String(url)) ?? [];
    fetched.push(part);
    return files[part] ? Response.json(files[part]) : new Response("", { status: 404 });
  });
  const list: SaeInfo[] = [];
  const folders: string[] = [];
  const engine = {
    saes: async () => [...list],
    async attachSaes(source: SaeSource) {
      if (source.kind !== "embedded") throw new Error("only what ships");
      folders.push(source.folder);
      const hook = source.folder.replace(/[a-z_]+$/, (name) => HOOKS[name] ?? name);
      const info = { id: list.length + 1, sha256: `sha of ${hook}` } as SaeInfo;
      list.push(info);
      return [info];
    },
  } as unknown as EngineApi;
  const model = { name: "ledger", source: "embedded", sha256: "m" } as ModelInfo;
  const { made } = inRoot(() => new Autoencoders(engine, { model } as unknown as CorpusOwner));
  return { saes: made, fetched, folders, list };
}

it("opens with the autoencoders alone", async () => {
  const { saes, fetched, folders } = start();
  expect(saes.hasTranscodersLeft).toBe(false);
  await saes.open();
  expect(fetched).toEqual(["factors"]);
  expect(folders).toEqual(["blocks.0.resid_post", "blocks.1.resid_post"]);
  expect(saes.hasTranscodersLeft).toBe(true);
});

it("attaches the transcoders of every MLP when asked, each once, with their labels", async () => {
  const { saes, fetched, folders, list } = start();
  await saes.open();
  await saes.attachTranscoders();
  expect(fetched).toEqual(["factors", "transcoders"]);
  expect(folders.slice(2)).toEqual(["blocks.0.mlp", "blocks.1.mlp"]);
  expect(saes.hasTranscodersLeft).toBe(false);
  expect(list.map((info) => saes.labelsOf(info)[3])).toEqual([
    ...["blocks.0.hook_resid_post", "blocks.1.hook_resid_post"],
    ...["blocks.0.hook_mlp_out", "blocks.1.hook_mlp_out"],
  ]);
  await saes.attachTranscoders();
  expect(folders).toHaveLength(4);
});

it("says where a model ships with none", async () => {
  const { saes } = start({ factors: FILES["factors"] });
  await saes.open();
  await saes.attachTranscoders();
  expect(saes.error).toBe("ledger ships with no transcoders.");
  expect(saes.list).toHaveLength(2);
});
