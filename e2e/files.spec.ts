/** The visitor's own files, good and bad, and links that mean harm. */
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { dropFiles, openPlayground } from "./playground";

const MODEL = "static/models/ledger";
const NAMES = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
const file = (name: string, buffer = readFileSync(`${MODEL}/${name}`)) => ({
  name,
  mimeType: "application/octet-stream",
  buffer,
});

test("opens a model from picked files, with the same hash and numbers as the embedded one", async ({
  page,
}) => {
  await openPlayground(page);
  const chip = page.getByTitle("Model", { exact: true });
  const hash = /[0-9a-f]{4}…/.exec((await chip.textContent()) ?? "")?.[0] ?? "none";
  await chip.click();
  await page.getByLabel("Files…").setInputFiles(NAMES.map((name) => file(name)));
  await expect(chip).toContainText("model.safetensors");
  await expect(chip).toContainText(hash);
});

test("opens dropped files", async ({ page }) => {
  await openPlayground(page);
  await dropFiles(
    page,
    NAMES.map((name) => ({ name, bytes: readFileSync(`${MODEL}/${name}`) })),
  );
  await expect(page.getByTitle("Model", { exact: true })).toContainText("model.safetensors");
});

const config = JSON.parse(readFileSync(`${MODEL}/config.json`, "utf8"));
const json = (value: object) => Buffer.from(JSON.stringify(value));
const weights = readFileSync(`${MODEL}/model.safetensors`);
const BAD: [string, ReturnType<typeof file>[], RegExp][] = [
  [
    "weights cut short",
    [file("config.json"), file("model.safetensors", weights.subarray(0, 5000))],
    /model\.safetensors.*(truncated|claims)/,
  ],
  [
    "another architecture",
    [file("config.json", json({ ...config, model_type: "mamba" })), file("model.safetensors")],
    /model_type is "mamba"/,
  ],
  [
    "a config that does not fit",
    [file("config.json", json({ ...config, n_embd: 128 })), file("model.safetensors")],
    /has shape \[85, 96\], expected \[85, 128\]/,
  ],
  ["something else", [file("notes.txt", Buffer.from("hello"))], /config\.json not found among notes\.txt/],
];

for (const [what, files, sentence] of BAD) {
  test(`says what is wrong with ${what}, and keeps the loaded model`, async ({ page }) => {
    await openPlayground(page);
    await page.getByTitle("Model", { exact: true }).click();
    await page.getByLabel("Files…").setInputFiles(files);
    await expect(page.getByRole("alert").first()).toContainText(sentence);
    await expect(page.getByTitle("Model", { exact: true })).toContainText("ledger");
    await page.keyboard.press("Escape");
    await page.getByRole("checkbox", { name: /^Step 1/ }).uncheck();
    await expect(page.getByText(/^Δ /)).toBeVisible();
  });
}

test("a model without a tokenizer takes token ids", async ({ page }) => {
  await openPlayground(page);
  await page.getByTitle("Model", { exact: true }).click();
  await page.getByLabel("Files…").setInputFiles([file("config.json"), file("model.safetensors")]);
  await expect(page.getByTitle("Model", { exact: true })).toContainText("model.safetensors");
  await expect(page.getByText(/tokenizer\.json not found/).first()).toBeVisible();
  await page.keyboard.press("Escape");
  await page.locator("#prompt").fill("0 53 28 6");
  await page.getByRole("button", { name: "▶ Think" }).click();
  await expect(page.getByRole("option")).not.toHaveCount(4);
});

const fixture = (name: string) => ({
  name,
  bytes: readFileSync(`src/engine/formats/torch/fixtures/${name}`),
});

test("asks for what a toy checkpoint does not say, and opens it with the answers", async ({ page }) => {
  await openPlayground(page);
  await dropFiles(page, [fixture("hookedBare.pt")]);
  const form = page.getByRole("form", { name: "What hookedBare.pt does not say" });
  await expect(form).toContainText("hookedBare.pt is a TransformerLens state dict");
  await expect(form).toContainText("n_layers 2");
  await expect(form.getByRole("button", { name: "Open" })).toBeDisabled();
  await form.getByLabel(/act_fn/).selectOption({ label: "GELU, exact (torch's nn.GELU)" });
  await form.getByLabel(/normalization_type/).selectOption({ label: "LayerNorm without weights (LNPre)" });
  await form.getByRole("button", { name: "Open" }).click();
  await expect(page.getByTitle("Model", { exact: true })).toContainText("hookedBare.pt");
  await expect(form).toHaveCount(0);
  // While it loads the chip names it already, and the model before answers.
  await expect
    .poll(() => page.evaluate(async () => (await window.vitrine.model())?.name))
    .toBe("hookedBare.pt");
  const { logits } = JSON.parse(fixture("toys.json").bytes.toString())["hookedRun.pth"];
  const found = await page.evaluate(async () => {
    const { vitrine } = window;
    const request = { prompts: [{ tokens: [2, 6, 0, 3, 3] }], sites: ["logits"] };
    const [tensor] = await vitrine.capture(request, "logits");
    const rows: [number, number] = [0, 5];
    const window5 = { leading: [], rows, cols: [0, 7] as [number, number], maxRows: 5, maxCols: 7 };
    return [...(await vitrine.readTensor({ id: tensor!.id, ...window5 })).data];
  });
  const expected = (logits as number[][]).flat();
  expect(Math.max(...expected.map((value, i) => Math.abs(value - found[i]!)))).toBeLessThan(1e-5);
});

test("asks for heads and activation of a GPT-2 without its config", async ({ page }) => {
  await openPlayground(page);
  await page.getByTitle("Model", { exact: true }).click();
  await page.getByLabel("Files…").setInputFiles([file("model.safetensors")]);
  const form = page.getByRole("form", { name: "What model.safetensors does not say" });
  await form.getByLabel(/n_head/).fill(String(config.n_head));
  await form.getByLabel(/activation_function/).selectOption({ index: 3 });
  await expect(page.getByTitle("Model", { exact: true })).toContainText("ledger");
  await form.getByRole("button", { name: "Open" }).click();
  await expect(page.getByTitle("Model", { exact: true })).toContainText("model.safetensors");
});

test("opens the last of many checkpoints, and another from the menu under another hash", async ({ page }) => {
  await openPlayground(page);
  await dropFiles(page, [fixture("grok.pth")]);
  const chip = page.getByTitle("Model", { exact: true });
  await expect(chip).toContainText("grok.pth");
  const hash = async () => /[0-9a-f]{4}…/.exec((await chip.textContent()) ?? "")?.[0];
  const last = await hash();
  await chip.click();
  const choice = page.getByLabel("checkpoint", { exact: true });
  await expect(choice).toHaveValue("2");
  await expect(choice.locator("option")).toHaveText(["0", "100", "200"]);
  await choice.selectOption("1");
  await expect.poll(hash).not.toBe(last);
  await expect(page.getByText(/this is the one called 100/).first()).toBeVisible();
});

test("asks which of several models to open", async ({ page }) => {
  await openPlayground(page);
  const small = ["config.json", "tokenizer.json"].map((name) => ({
    name,
    bytes: readFileSync(`${MODEL}/${name}`),
  }));
  await dropFiles(page, [
    ...small,
    { name: "early.safetensors", bytes: weights },
    { name: "late.safetensors", bytes: weights },
  ]);
  const choices = page.getByRole("group", { name: "Which model?" });
  await expect(choices).toContainText("2 models came at once");
  await choices.getByRole("button", { name: /^late\.safetensors · / }).click();
  await expect(page.getByTitle("Model", { exact: true })).toContainText("late.safetensors");
  await expect(choices).toBeHidden();
});

test("says that a tokenizer is another model's, and takes token ids", async ({ page }) => {
  await openPlayground(page);
  const vocab = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`w${i}`, i]));
  const other = json({ model: { type: "WordLevel", vocab, unk_token: "w0" } });
  await page.getByTitle("Model", { exact: true }).click();
  await page
    .getByLabel("Files…")
    .setInputFiles([file("config.json"), file("model.safetensors"), file("tokenizer.json", other)]);
  await expect(
    page.getByText(/knows 300 tokens and the model has 85: it belongs to another model/).first(),
  ).toBeVisible();
});

for (const [what, hash, sentence] of [
  ["a cut link", "#v=1&s=AAAA", /This link cannot be opened: its state does not inflate/],
  ["a link from the future", "#v=9&s=abc", /its version is 9/],
  ["a link with markup", "#v=1&s=%3Cimg%20src=x%20onerror=alert(1)%3E", /cannot be opened/],
] as const) {
  test(`refuses ${what} with a sentence and stays usable`, async ({ page }) => {
    await page.goto(`./${hash}`);
    await expect(page.getByText(sentence)).toBeVisible();
    await expect(page.getByTitle("Model", { exact: true })).toContainText("ledger");
    await expect(page.getByRole("button", { name: "▶ Think" })).toBeEnabled();
  });
}
