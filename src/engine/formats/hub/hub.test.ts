/** The Hub against its imitation: every trouble that a network has, and what is asked for when. */
import { afterEach, expect, it } from "vitest";
import { startHubImitation, type HubImitation, type HubTrouble } from "../../../../scripts/hubImitation.mjs";
import type { Progress } from "../../../protocol/progress";
import { Hub } from "./hub";
import type { FileSet } from "../bytes/source";

const WEIGHTS = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const MODEL = { "config.json": json({ model_type: "gpt2" }), "tokenizer.json": json({ version: "1.0" }) };
const SETTINGS = { stallMs: 300, backOffMs: 1, tries: 5 };
const ID = "owner/name";

let hub: HubImitation | undefined;
afterEach(async () => {
  await hub?.close();
  hub = undefined;
});

interface Visit {
  readonly files: FileSet;
  readonly read: (name: string) => Promise<Uint8Array>;
}

async function serve(files: Record<string, Uint8Array>, trouble: HubTrouble = {}) {
  const imitation = (hub = await startHubImitation({ [ID]: files }, trouble));
  const client = new Hub(SETTINGS);
  const controller = new AbortController();
  const progress: Progress[] = [];
  const open = async (address = ID, tokenizerFrom?: string): Promise<Visit> => {
    const files = await client.open(
      {
        ...{ kind: "hub" as const, name: "name", address, hubUrl: imitation.url },
        ...(tokenizerFrom === undefined ? {} : { tokenizerFrom }),
      },
      controller.signal,
      (news) => progress.push(news),
    );
    const read = async (name: string) => {
      const file = files.find((found) => found.name === name);
      if (!file) throw new Error(`no ${name}`);
      return file.slice(0, file.size);
    };
    return { files, read };
  };
  return { open, client, controller, progress, ...imitation };
}

const asked = (requests: HubImitation["requests"], ending: string) =>
  requests.filter(({ path }) => path.endsWith(ending));

it("opens a repository: small files at once, weights when they are read, through a redirect", async () => {
  const { open, requests, progress } = await serve({ ...MODEL, "model.safetensors": WEIGHTS });
  const { files, read } = await open();
  expect(files.map(({ name }) => name)).toEqual(["config.json", "tokenizer.json", "model.safetensors"]);
  expect(asked(requests, "model.safetensors")).toEqual([]);
  const weights = files.at(-1);
  expect(weights).toMatchObject({ size: WEIGHTS.length, isArriving: true });
  expect(await read("model.safetensors")).toEqual(WEIGHTS);
  expect(weights?.isArriving).toBe(false);
  expect(asked(requests, "model.safetensors").map(({ path }) => path)).toEqual([
    "/owner/name/resolve/main/model.safetensors",
    "/storage/owner/name/model.safetensors",
  ]);
  const all = WEIGHTS.length + MODEL["config.json"].length + MODEL["tokenizer.json"].length;
  expect(progress.at(-1)).toEqual({ done: all, total: all, note: "fetching model.safetensors" });
});

it("fetches one copy of the weights, and neither folders nor other formats", async () => {
  const { open, requests } = await serve({
    ...MODEL,
    "model.safetensors": WEIGHTS,
    "pytorch_model.bin": WEIGHTS,
    "flax_model.msgpack": WEIGHTS,
    "onnx/model.onnx": WEIGHTS,
    "README.md": json("hello"),
  });
  await (await open()).read("model.safetensors");
  const names = new Set(requests.map(({ path }) => path.split("/").at(-1)));
  expect(names).toEqual(new Set(["main", "config.json", "tokenizer.json", "model.safetensors"]));
});

it("fetches the shards that the index names", async () => {
  const index = json({
    weight_map: { a: "model-1.safetensors", b: "model-2.safetensors", c: "model-1.safetensors" },
  });
  const { open } = await serve({
    ...MODEL,
    "model.safetensors.index.json": index,
    "model-1.safetensors": WEIGHTS,
    "model-2.safetensors": WEIGHTS.slice(0, 1000),
  });
  const { files, read } = await open();
  expect(files.map(({ name }) => name).slice(2)).toEqual([
    "model.safetensors.index.json",
    "model-1.safetensors",
    "model-2.safetensors",
  ]);
  expect(await read("model-2.safetensors")).toEqual(WEIGHTS.slice(0, 1000));
});

it("refuses an index that names something else", async () => {
  const index = json({ weight_map: { a: "../../secret.safetensors" } });
  const { open } = await serve({ ...MODEL, "model.safetensors.index.json": index });
  await expect(open()).rejects.toThrow("names the shard “../../secret.safetensors”");
});

it("goes on at the byte where the connection broke", async () => {
  const { open, requests, progress } = await serve(
    { ...MODEL, "model.safetensors": WEIGHTS },
    { file: "model.safetensors", cuts: 3, cutAfterBytes: 50_000 },
  );
  expect(await (await open()).read("model.safetensors")).toEqual(WEIGHTS);
  const ranges = asked(requests, "/storage/owner/name/model.safetensors").map(({ range }) => range);
  expect(ranges).toHaveLength(4);
  expect(ranges[0]).toBeUndefined();
  for (const range of ranges.slice(1)) expect(range).toMatch(/^bytes=[1-9]\d*-$/);
  expect(progress.map(({ note }) => note)).toContain(
    "the connection broke; taking up model.safetensors again",
  );
});

it.each([{ noRanges: true }, { dropRanges: true }])(
  "begins again where the host serves no ranges: %j",
  async (how) => {
    const { open } = await serve(
      { ...MODEL, "model.safetensors": WEIGHTS },
      { file: "model.safetensors", cuts: 1, cutAfterBytes: 50_000, ...how },
    );
    expect(await (await open()).read("model.safetensors")).toEqual(WEIGHTS);
  },
);

it("gives up after tries that bring nothing, and goes on when it is opened again", async () => {
  const { open, requests, trouble } = await serve(
    { ...MODEL, "model.safetensors": WEIGHTS },
    { file: "model.safetensors", cuts: 100, cutAtByte: 100_000 },
  );
  await expect((await open()).read("model.safetensors")).rejects.toThrow(
    /^The connection to localhost:\d+ broke off after [1-9]\d+ of 200000 bytes/,
  );
  trouble.cuts = 0;
  requests.length = 0;
  expect(await (await open()).read("model.safetensors")).toEqual(WEIGHTS);
  expect(asked(requests, "/main")).toEqual([]);
  expect(asked(requests, "/storage/owner/name/model.safetensors")[0]?.range).toMatch(/^bytes=[1-9]\d*-$/);
});

it.each([1000, -1000])("gets every byte where the announced length is wrong by %d", async (lengthError) => {
  const { open } = await serve(
    { ...MODEL, "model.safetensors": WEIGHTS },
    { file: "model.safetensors", lengthError },
  );
  expect(await (await open()).read("model.safetensors")).toEqual(WEIGHTS);
});

it("says so when the host falls silent", async () => {
  const { open } = await serve(
    { ...MODEL, "model.safetensors": WEIGHTS },
    { file: "model.safetensors", stallAfterBytes: 0 },
  );
  await expect((await open()).read("model.safetensors")).rejects.toThrow(
    /^localhost:\d+ has sent nothing for 0\.3 seconds/,
  );
});

it("notices that a file was changed under its hands", async () => {
  const { open } = await serve(
    { ...MODEL, "model.safetensors": WEIGHTS },
    { file: "model.safetensors", cuts: 1, cutAfterBytes: 50_000, versionAfterCut: "2" },
  );
  await expect((await open()).read("model.safetensors")).rejects.toThrow("was changed at");
  expect(await (await open()).read("model.safetensors")).toEqual(WEIGHTS);
});

it.each([
  [401, "asks for a login before it gives config.json"],
  [403, "does not let this page read config.json"],
  [404, "has no config.json"],
  [429, "too many requests"],
  [503, "is in trouble and could not give config.json"],
  [418, "could not give config.json"],
])("says what status %d means", async (status, sentence) => {
  const { open } = await serve(
    { ...MODEL, "model.safetensors": WEIGHTS },
    { refuse: { "config.json": status } },
  );
  await expect(open()).rejects.toMatchObject({ name: "BadFile", message: expect.stringContaining(sentence) });
});

it("tries again when the host had too much to do", async () => {
  const trouble = { refuse: { "config.json": 503 }, refusals: 2 };
  const { open, requests } = await serve({ ...MODEL, "model.safetensors": WEIGHTS }, trouble);
  await open();
  expect(asked(requests, "config.json")).toHaveLength(3);
});

it("says that there is no such model", async () => {
  const { open } = await serve({});
  await expect(open("owner/other")).rejects.toThrow("gives owner/other: it is gated, private, or misspelt");
});

it("asks for the usual names where nothing lists them", async () => {
  const { open, url } = await serve({ ...MODEL, "model.safetensors": WEIGHTS }, { listing: 404 });
  const names = ["config.json", "tokenizer.json", "model.safetensors"];
  for (const address of [ID, `${url.replace("localhost", "127.0.0.1")}/owner/name/resolve/main/`]) {
    const { files, read } = await open(address);
    expect(files.map(({ name }) => name)).toEqual(names);
    expect(files.at(-1)?.size).toBe(WEIGHTS.length);
    expect(await read("model.safetensors")).toEqual(WEIGHTS);
  }
});

it("opens one file by its address, with what is beside it", async () => {
  const { open } = await serve({ ...MODEL, "a.safetensors": WEIGHTS, "b.safetensors": WEIGHTS });
  await expect(open()).rejects.toThrow("2 files of weights (a.safetensors, b.safetensors)");
  const { files } = await open(`${hub?.url}/owner/name/blob/main/b.safetensors`);
  expect(files.map(({ name }) => name)).toEqual(["config.json", "tokenizer.json", "b.safetensors"]);
});

it("takes the tokenizer of another repository where it is told to", async () => {
  const { open } = await serve({ "config.json": MODEL["config.json"], "model.safetensors": WEIGHTS });
  expect((await open()).files.map(({ name }) => name)).toEqual(["config.json", "model.safetensors"]);
  await hub?.close();
  hub = await startHubImitation({
    [ID]: { "config.json": MODEL["config.json"], "model.safetensors": WEIGHTS },
    "other/tokens": { "tokenizer.json": MODEL["tokenizer.json"] },
  });
  const source = {
    kind: "hub",
    name: "name",
    address: ID,
    hubUrl: hub.url,
    tokenizerFrom: "other/tokens",
  } as const;
  const files = await new Hub(SETTINGS).open(source, new AbortController().signal);
  expect(files.map(({ name }) => name)).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);
});

it("stops at once when it is cancelled", async () => {
  const { open, controller } = await serve(
    { ...MODEL, "model.safetensors": WEIGHTS },
    { file: "model.safetensors", stallAfterBytes: 0 },
  );
  const reading = (await open()).read("model.safetensors");
  controller.abort();
  await expect(reading).rejects.toMatchObject({ name: "Cancelled" });
});
