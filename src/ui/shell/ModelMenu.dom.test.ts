/** The model menu: what is said before a click, what a click asks for, and models from before. */
import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { flushSync } from "svelte";
import { beforeEach, expect, it, vi } from "vitest";
import { VitrineError } from "../../protocol/errors";
import { startTestSession, type TestSession } from "../state/testSession";
import { TEST_MODEL } from "../state/testEngine";
import ModelMenu from "./ModelMenu.svelte";

let test: TestSession;
let loads: ReturnType<typeof vi.spyOn>;

beforeEach(async () => {
  vi.stubGlobal("fetch", async () => Response.json([]));
  test = await startTestSession();
  render(ModelMenu, { context: test.context });
  loads = vi.spyOn(test.engine, "loadModel");
  await fireEvent.click(chip());
});

const chip = () => screen.getByTitle("Model");
const field = () => screen.getByLabelText<HTMLInputElement>("Hugging Face id or URL");
const type = (value: string) => fireEvent.input(field(), { target: { value } });
const press = (name: string | RegExp) => fireEvent.click(screen.getByRole("button", { name }));

it("says where the bytes would come from, and asks for them on Open only", async () => {
  expect(screen.getByText(/Nothing is fetched before you press Open/)).toBeTruthy();
  await type("openai-community/gpt2@v1");
  expect(screen.getByText("Open fetches it from huggingface.co/openai-community/gpt2 at v1.")).toBeTruthy();
  expect(loads).not.toHaveBeenCalled();
  await press("Open");
  expect(loads.mock.calls[0]?.[0]).toEqual({
    ...{ kind: "hub", name: "gpt2", address: "openai-community/gpt2@v1" },
    hubUrl: "https://huggingface.co",
  });
  expect(screen.queryByLabelText("Hugging Face id or URL")).toBeNull();
  await fireEvent.click(chip());
  expect(field().value).toBe("openai-community/gpt2@v1");
});

it("refuses an address in place", async () => {
  await type("gpt2");
  await press("Open");
  expect(screen.getByText(/“gpt2” is no address: type owner\/name/)).toBeTruthy();
  expect(loads).not.toHaveBeenCalled();
  await type("openai-community/gpt2");
  expect(screen.queryByText(/is no address/)).toBeNull();
});

it("lists small models with their size, and says which need a login", async () => {
  await press(/^openai-community\/gpt2 124\.0 M 523\.6 MiB$/);
  expect(loads.mock.calls[0]?.[0]).toMatchObject({ kind: "hub", address: "openai-community/gpt2" });
  await fireEvent.click(chip());
  expect(screen.queryByRole("button", { name: /gemma/ })).toBeNull();
  expect(screen.getByRole("link", { name: "google/gemma-3-270m" })).toBeTruthy();
  expect(screen.getByText(/needs a login there/)).toBeTruthy();
  await press(/TinyStories-1M/);
  expect(loads.mock.calls[1]?.[0]).toMatchObject({ tokenizerFrom: "openai-community/gpt2" });
});

it("shows what is on its way beside the model that stays usable", async () => {
  let finish = () => undefined as void;
  loads.mockImplementation(
    (...[, , , onProgress]: Parameters<typeof test.engine.loadModel>) =>
      new Promise((resolve) => {
        onProgress?.({ done: 42, total: 100, note: "fetching model.safetensors" });
        finish = () => resolve({ ...TEST_MODEL, name: "gpt2", source: "hub" });
      }),
  );
  await type("openai-community/gpt2");
  await press("Open");
  expect(chip().textContent).toMatch(/ledger.*→ gpt2 42 %/);
  expect(test.session.model?.name).toBe("ledger");
  await test.session.think();
  finish();
  await vi.waitFor(() => expect(chip().textContent).toMatch(/^gpt2/));
});

it("keeps a fetched model, opens it again and deletes it", async () => {
  expect(screen.queryByRole("button", { name: "Keep on this device" })).toBeNull();
  await type("owner/mine");
  await press("Open");
  await vi.waitFor(() => expect(test.session.model?.name).toBe("mine"));
  await fireEvent.click(chip());
  await press("Keep on this device");
  await screen.findByText(/Kept on this device/);
  expect(screen.getByText(/^977 KiB on this device; the browser grants 1\.00 GiB more\.$/)).toBeTruthy();
  const row = screen.getByRole("button", { name: "Open mine" });
  expect(row.textContent).toMatch(/480 k · 977 KiB kept · Jan 2, 2026/);
  await fireEvent.click(row);
  expect(loads.mock.calls.at(-1)?.[0]).toMatchObject({ kind: "kept", sha256: TEST_MODEL.sha256 });
  await vi.waitFor(() => expect(screen.queryByRole("group", { name: "Model" })).toBeNull());
  await fireEvent.click(chip());
  await fireEvent.click(await screen.findByRole("button", { name: "Delete mine" }));
  await vi.waitFor(() => expect(screen.queryByRole("button", { name: "Open mine" })).toBeNull());
});

it("says why a model could not be kept", async () => {
  await type("owner/mine");
  await press("Open");
  await vi.waitFor(() => expect(test.session.model?.name).toBe("mine"));
  await fireEvent.click(chip());
  test.engine.next = new VitrineError(
    "OutOfMemory",
    "mine takes 500 MiB, and the browser grants 100 MiB more.",
  );
  await press("Keep on this device");
  const sheet = screen.getByRole("group", { name: "Model" });
  expect(await within(sheet).findByRole("alert")).toHaveProperty(
    "textContent",
    "mine takes 500 MiB, and the browser grants 100 MiB more.",
  );
  flushSync();
  expect(screen.getByRole("button", { name: "Keep on this device" })).toBeTruthy();
});

it("completes a model with the tokenizer that was missing", async () => {
  test.engine.next = { ...TEST_MODEL, hasTokenizer: false, notes: ["tokenizer.json not found."] };
  await type("owner/mine");
  await press("Open");
  await vi.waitFor(() => expect(test.session.model?.hasTokenizer).toBe(false));
  await test.session.loader.loadFiles([new File(["{}"], "tokenizer.json")]);
  expect(test.session.model).toMatchObject({ name: "mine", hasTokenizer: true, notes: [] });
  expect(test.session.message?.text).toBe("mine reads text now, with this tokenizer.");
  await test.session.loader.reload();
  expect(loads.mock.calls.at(-1)?.[0]).toMatchObject({ companions: [{ name: "tokenizer.json" }] });
});

it("asks which of several models to open", async () => {
  const { loader } = test.session;
  const files = ["config.json", "a.safetensors", "b.safetensors"].map((name) => new File([name], name));
  expect(await loader.loadFiles(files, "steps")).toBe(false);
  expect(loader.choices.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([
    ["a.safetensors", 13],
    ["b.safetensors", 13],
  ]);
  expect(loads).not.toHaveBeenCalledWith(expect.objectContaining({ kind: "files" }));
  test.engine.next = { ...TEST_MODEL, name: "b.safetensors" };
  expect(await loader.choose(loader.choices[1]!)).toBe(true);
  expect(loads.mock.calls.at(-1)?.[0]).toMatchObject({
    ...{ kind: "files", name: "b.safetensors", files: [{ name: "b.safetensors" }, { name: "config.json" }] },
  });
  expect(loader.choices).toEqual([]);
});

it("does not fetch again by itself when the engine has died", async () => {
  await type("owner/mine");
  await press("Open");
  await vi.waitFor(() => expect(test.session.model?.name).toBe("mine"));
  await test.session.restart();
  expect(test.session.model?.name).toBe("ledger");
  expect(test.session.message?.text).toMatch(/mine would have to be fetched again/);
  await test.session.loader.loadFromHub({ name: "mine", address: "owner/mine" });
  await test.session.recentModels.keep();
  await test.session.restart();
  expect(test.session.model).toMatchObject({ name: "mine", source: "kept" });
});
