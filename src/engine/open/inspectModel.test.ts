/** Inspecting: what a folder is, its plan of memory, and every problem at once. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { createCpuDevice } from "../device/cpu";
import { fileFromBytes, type FileSet } from "../formats/bytes/source";
import { filesFromFolder, filesFromPath } from "../formats/bytes/sourceNode";
import { inspectModel } from "./inspectModel";

const GOLDEN = join(import.meta.dirname, "../models/golden");
const ledger = () => filesFromFolder(join(import.meta.dirname, "../../../static/models/ledger"));

const inspect = async (files: FileSet) => inspectModel(files, await createCpuDevice());

it("tells layout, architecture, tokenizer and the plan of memory in each precision", async () => {
  expect(await inspect(await ledger())).toMatchObject({
    layout: "huggingface",
    architecture: "gpt2",
    memory: [
      { precision: "f32", parameters: 480_288, cacheBytesPerToken: 3072, logitBytesPerToken: 340 },
      { precision: "f16" },
      { precision: "q8" },
    ],
    tokenizer: { vocabSize: 85, bosId: 0, bosByDefault: true, chatTemplate: false },
    problems: [],
  });
});

it("names every tensor that is missing or does not fit, and what is not used", async () => {
  const files = (await filesFromFolder(join(GOLDEN, "qwen3"))).filter(
    ({ name }) => !name.startsWith("golden"),
  );
  const config = files.find(({ name }) => name === "config.json")!;
  const json = JSON.parse(new TextDecoder().decode(await config.slice(0, config.size))) as object;
  const changed = (change: object) =>
    files.map((file) =>
      file === config
        ? fileFromBytes("config.json", new TextEncoder().encode(JSON.stringify({ ...json, ...change })))
        : file,
    );
  const deeper = (await inspect(changed({ num_hidden_layers: 3 }))) as {
    problems: string[];
    memory: [];
  };
  expect(deeper.problems.length).toBeGreaterThan(5);
  expect(deeper.problems[0]).toMatch(/no tensor model\.layers\.2\./);
  expect(deeper.memory).toEqual([]);
  const shallower = (await inspect(changed({ num_hidden_layers: 1 }))) as {
    tensors: { unused?: true }[];
  };
  expect(shallower.tensors.some(({ unused }) => unused)).toBe(true);
  expect(await inspect(changed({ hidden_act: "xielu" }))).toMatchObject({
    problems: [expect.stringContaining('hidden_act is "xielu"')],
  });
});

it("opens a single file by its path", async () => {
  const [file, ...others] = await filesFromPath(join(GOLDEN, "qwen3/config.json"));
  expect([file?.name, others.length]).toEqual(["config.json", 0]);
});
