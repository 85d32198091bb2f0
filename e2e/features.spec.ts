/** The features panel: what ships with ledger, its quality, latents as edits, files, links; keys and screen readers. */
import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Locator, type Page } from "@playwright/test";
import type { Edit } from "../src/protocol/interventions";
import { dropFiles, numberIn, openPlayground } from "./playground";

async function openFeatures(page: Page): Promise<void> {
  await openPlayground(page);
  await page.getByRole("tab", { name: "Features" }).click();
  await expect(page.getByRole("region", { name: /^Latents at position/ }).first()).toBeVisible();
  await idle(page);
}
const idle = (page: Page) => expect(page.locator("[aria-busy=true]")).toHaveCount(0);
const saes = (page: Page) => page.getByRole("group", { name: "Attached autoencoders" }).getByRole("button");
/** Rows of the list, each with the number of its latent in front. */
const rows = (page: Page) =>
  page
    .getByRole("region", { name: /^Latents (at|of)/ })
    .first()
    .locator("tbody tr");
const part = (page: Page, name: string) =>
  page.getByRole("group", { name: "What to list" }).getByRole("button", { name }).click();
const text = async (locator: Locator) => ((await locator.textContent()) ?? "").trim();

/** A number of the quality line. */
async function quality(page: Page, name: string): Promise<number> {
  const line = page.getByRole("region", { name: "Quality on this text" });
  const row = line.locator("dl div", { has: page.getByText(name, { exact: true }) });
  return numberIn(await text(row.locator("dd")));
}

test("what ships with the model is attached, and its quality stands there", async ({ page }) => {
  await openFeatures(page);
  await expect(saes(page)).toHaveCount(4);
  expect(await quality(page, "FVU")).toBeGreaterThan(0);
  expect(await quality(page, "FVU")).toBeLessThan(0.05);
  expect(await quality(page, "L0")).toBe(8);
  expect(await quality(page, "loss recovered")).toBeGreaterThan(0.99);
  await expect(page.getByText(/n = \d+ tokens of this text/)).toBeVisible();
  await expect(rows(page)).toHaveCount(8);
  // With fewer latents less is explained.
  const before = await quality(page, "FVU");
  await page.getByRole("slider", { name: "k" }).fill("2");
  await expect(rows(page)).toHaveCount(2);
  await idle(page);
  expect(await quality(page, "FVU")).toBeGreaterThan(5 * before);
});

test("a latent is ablated by an edit, which a link carries", async ({ page, browser }) => {
  await openFeatures(page);
  const first = rows(page).first().getByRole("button").first();
  const id = await text(first);
  await first.click();
  await page.getByRole("button", { name: "Ablate", exact: true }).click();
  await expect(page.getByText(`ablate latent ${id} of blocks.0.resid_post`).first()).toBeVisible();
  await idle(page);
  await page.getByRole("combobox", { name: "ranked by" }).selectOption("change");
  await expect(rows(page).first()).toContainText("−");
  await expect(page.getByText(/^baseline 8/)).toBeVisible();

  await page.getByRole("button", { name: "Share" }).click();
  await expect(page.getByText(/in the address bar/)).toBeVisible();
  const other = await (await browser.newContext()).newPage();
  await other.goto(page.url());
  await expect(other.getByText(/^Matches the sender's numbers/)).toBeVisible();
  await expect(other.getByRole("checkbox", { name: /ablate latent/ })).toBeChecked();
  await expect(other.getByRole("region", { name: `Latent ${id}`, exact: true })).toBeVisible();
});

test("the listed ablation effect is what an edit does to the logit", async ({ page }) => {
  await openFeatures(page);
  // The last position; where nothing is pinned it is the one that predicts the answer.
  await page.getByRole("listbox", { name: "Tokens" }).getByRole("option").last().click();
  await saes(page).nth(2).click();
  await page.getByRole("combobox", { name: "latents of" }).selectOption("prompt");
  await page.getByRole("textbox", { name: "token whose logit is measured" }).fill("#20");
  await page.keyboard.press("Enter");
  await page.getByRole("combobox", { name: "ranked by" }).selectOption("ablation");
  await idle(page);
  await expect(page.getByText(/^Effects on the logit of/)).toBeVisible();
  const cells = await rows(page).first().locator("td, th").allTextContents();
  const latent = Number(cells[0]);
  const listed = numberIn(cells.at(-2) ?? "");
  const measured = await page.evaluate(async (chosen) => {
    const { vitrine } = window;
    const [sae] = (await vitrine.saes()).filter(({ siteIn }) => siteIn === "blocks.2.resid_post");
    const strip = document.querySelectorAll('[role="listbox"] [role="option"]');
    const shown = [...strip].map((token) => token.textContent.trim()).join(" ");
    const tokens = (await vitrine.tokenize(shown, false)).map(({ id }) => id);
    const edit: Edit<"latent"> = {
      kind: "latent",
      ...{ id: "e", on: true, latents: [chosen], op: "ablate", amount: 0, error: "kept" },
      sae: { name: sae?.name ?? "", sha256: sae?.sha256 ?? "" },
    };
    const refs = await vitrine.capture(
      { prompts: [{ tokens }, { tokens, edits: [edit] }], sites: ["logits"] },
      "e2e",
    );
    const at = tokens.length - 1;
    const logits = await Promise.all(
      refs.map(({ id }) =>
        vitrine.readTensor({
          ...{ id, leading: [], maxRows: 1, maxCols: 1 },
          ...{ rows: [at, at + 1] as const, cols: [20, 21] as const },
        }),
      ),
    );
    return (logits[0]?.data[0] ?? NaN) - (logits[1]?.data[0] ?? NaN);
  }, latent);
  expect(Math.abs(listed)).toBeGreaterThan(0.01);
  expect(Math.abs(measured - listed)).toBeLessThan(2e-3);
});

test("a corpus gives density and examples, and an example its effects", async ({ page }) => {
  await openFeatures(page);
  await saes(page).nth(1).click();
  await part(page, "Corpus");
  await page.getByRole("spinbutton", { name: "problems" }).fill("40");
  await page.getByRole("button", { name: "Read the corpus" }).click();
  await expect(page.getByText("latents never above 0.001 in these")).toBeVisible({ timeout: 60_000 });
  await page.getByRole("combobox", { name: "order" }).selectOption("most often active");
  await idle(page);
  const most = page
    .getByRole("region", { name: /^Latents: most often active/ })
    .first()
    .locator("tbody tr")
    .first();
  const density = numberIn((await most.locator("td").allTextContents()).at(-2) ?? "");
  const largest = numberIn((await most.locator("td").allTextContents()).at(-1) ?? "");
  await most.getByRole("button").click();
  await idle(page);
  const over = page.getByRole("region", { name: "Over a corpus" });
  expect(numberIn((await text(over.locator("dd").first())).split(" ")[0] ?? "")).toBeCloseTo(density, 3);
  expect(numberIn(await text(over.locator("li .mono").first()))).toBe(largest);
  await over.getByRole("button", { name: "Effects", exact: true }).first().click();
  await expect(over.getByRole("region", { name: /^Latent \d+ ablated at position/ })).toBeVisible();
  await idle(page);
  expect(await over.getByTitle(/before the ablated token$/).count()).toBeGreaterThan(1);
});

test("latents are found by label, and labels are read and saved", async ({ page }) => {
  await openFeatures(page);
  await part(page, "Search");
  const found = page.getByRole("region", { name: "Latents by label" }).last().locator("tbody tr");
  // How well each label fits stands beside it, the best first.
  await expect(found.first()).toBeVisible();
  const f1 = (await found.locator("td:nth-child(3)").allTextContents()).map(numberIn);
  expect(f1[0]).toBeGreaterThan(0.9);
  expect(f1).toEqual(f1.toSorted((a, b) => b - a));
  await page.getByRole("searchbox", { name: "What to look for" }).fill("name Ann");
  await expect(found.first()).toContainText("Ann");
  const latent = await text(found.first().getByRole("button"));
  await found.first().getByRole("button").click();
  await expect(page.getByRole("region", { name: `Latent ${latent}`, exact: true })).toBeVisible();

  await part(page, "Labels");
  const csv = {
    name: "mine.csv",
    mimeType: "text/csv",
    buffer: Buffer.from('latent,label\n3,"three, or so"\n9999,x\n'),
  };
  await page.getByLabel("Import labels…").setInputFiles([csv]);
  await expect(page.getByText(/mine\.csv: 1 labels; 1 are of latents that .* does not have/)).toBeVisible();
  await page
    .getByRole("textbox", { name: `label of latent ${latent}`, exact: true })
    .first()
    .fill("Ann, I say");
  await page.keyboard.press("Tab");
  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save CSV" }).click();
  const saved = readFileSync(await (await saving).path(), "utf8");
  expect(saved).toContain('3,"three, or so"');
  expect(saved).toContain(`${latent},"Ann, I say"`);
});

test("files are attached, wrong ones refused, keys reach everything", async ({ page }) => {
  await openFeatures(page);
  await page.getByRole("button", { name: "Detach" }).click();
  await expect(saes(page)).toHaveCount(3);
  const folder = "static/models/ledger/sae/blocks.0.resid_post";
  const file = (name: string) => ({
    name,
    mimeType: "application/octet-stream",
    buffer: readFileSync(`${folder}/${name}`),
  });
  const input = page.getByLabel("Attach files…");
  await input.setInputFiles([file("sae_weights.safetensors")]);
  await expect(page.getByRole("alert").filter({ hasText: "cfg.json not found" })).toBeVisible();
  await input.setInputFiles([file("cfg.json"), file("sae_weights.safetensors")]);
  await expect(saes(page)).toHaveCount(4);
  await idle(page);
  const map = page.getByRole("application", { name: /strongest latents along the text/ });
  await map.focus();
  for (const key of ["ArrowDown", "ArrowDown", "Enter"]) await map.press(key);
  await idle(page);
  await map.blur();
  const chosen = page.getByRole("region", { name: /^Latent \d+$/ });
  const before = Number((await chosen.getAttribute("aria-label"))?.slice("Latent ".length));
  await page.keyboard.press("n");
  await expect(chosen).toHaveAttribute("aria-label", `Latent ${before + 1}`);
  // Brackets turn panels, but not from inside this one.
  await chosen.getByRole("button", { name: "Ablate", exact: true }).focus();
  await page.keyboard.press("[");
  await expect(chosen).toHaveAttribute("aria-label", `Latent ${before}`);
  await expect(
    page.getByRole("region", { name: "Decoder rows most alike" }).getByRole("listitem"),
  ).toHaveCount(10);
  await idle(page);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
});

test("an autoencoder dropped anywhere is attached, asked about, or refused with the widths", async ({
  page,
}) => {
  await openPlayground(page);
  const folder = "static/models/ledger/sae/blocks.0.resid_post";
  const file = (name: string) => ({ name, bytes: readFileSync(`${folder}/${name}`) });
  await dropFiles(page, [file("cfg.json"), file("sae_weights.safetensors")]);
  await expect(page.getByText("A sparse autoencoder was attached to ledger.")).toBeVisible();
  await expect(page.getByRole("tab", { name: "Features" })).toHaveAttribute("aria-selected", "true");
  await expect(page.getByTitle("Model", { exact: true })).toContainText("ledger");
  await expect(saes(page)).toHaveCount(4);
  // Its site is nowhere said: it is asked.
  const cfg = JSON.parse(file("cfg.json").bytes.toString());
  const changed = (change: object) => ({
    name: "cfg.json",
    bytes: Buffer.from(JSON.stringify({ ...cfg, ...change })),
  });
  const noSite = { hook_name: null, metadata: { ...cfg.metadata, hook_name: null } };
  await dropFiles(page, [changed(noSite), file("sae_weights.safetensors")]);
  const form = page.getByRole("form", { name: /does not say/ });
  await form.getByLabel(/site/).selectOption("blocks.1.resid_post");
  await form.getByRole("button", { name: "Attach" }).click();
  await expect(saes(page)).toHaveCount(5);
  await expect(form).toHaveCount(0);
  const wrong = {
    hook_name: "blocks.0.mlp.hook_post",
    metadata: { ...cfg.metadata, hook_name: "blocks.0.mlp.hook_post" },
  };
  await dropFiles(page, [changed(wrong), file("sae_weights.safetensors")]);
  await expect(
    page.getByText(/reads 96 numbers, blocks\.0\.mlp\.post of this model has 384/).first(),
  ).toBeVisible();
});

test("autoencoders in a model's folder come with it", async ({ page }) => {
  await openPlayground(page);
  const model = "static/models/ledger";
  const names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
  const sae = ["cfg.json", "sae_weights.safetensors"].map((name) => `sae/blocks.2.resid_post/${name}`);
  await dropFiles(
    page,
    [...names, ...sae].map((name) => ({
      name: name.split("/").at(-1) ?? name,
      bytes: readFileSync(`${model}/${name}`),
    })),
  );
  await expect(page.getByText("A sparse autoencoder was attached to model.safetensors.")).toBeVisible();
  await expect(saes(page)).toHaveCount(1);
});

test("latents by gradient stand beside their ablations and direct ways, and a link carries the ranking", async ({
  page,
  browser,
}) => {
  await openFeatures(page);
  await page.getByRole("combobox", { name: "latents of" }).selectOption("step");
  await page.getByRole("combobox", { name: "ranked by" }).selectOption("gradient");
  const parts = (of: Page) => of.getByText(/^What the site holds · gradient is/);
  await expect(parts(page)).toBeVisible();
  await idle(page);
  const said = (await parts(page).textContent()) ?? "";
  const [whole = NaN, latents = NaN, error = NaN, bias = NaN] = [
    ...said.matchAll(/(?:is|latents|term|bias) ([+−]?[\d.]+[\d])/g),
  ].map(([, number]) => numberIn(number ?? ""));
  expect(Math.abs(latents + error + bias - whole)).toBeLessThan(0.01);
  expect(Math.abs(latents)).toBeGreaterThan(0);
  await expect(page.getByText(/^Against ablations, latents drawn by seed 1 .*relative error/)).toBeVisible();
  const figure = page.getByRole("region", { name: /^Latents by gradient against ablation/ });
  await figure.getByRole("button", { name: "Table", exact: true }).click();
  await expect(figure.locator("thead th")).toContainText([
    /latent/,
    /gradient/,
    /ablated/,
    /direct/,
    /chosen/,
  ]);
  expect(await figure.locator("tbody tr").count()).toBeGreaterThan(7);
  const head = page
    .getByRole("region", { name: /^Latents of .*, by gradient/ })
    .locator("thead")
    .first();
  await expect(head).toContainText("gradient × activation, logits");

  await page.getByRole("combobox", { name: "gradient", exact: true }).selectOption("8");
  await expect(page.getByText(/completeness error/)).toBeVisible();
  await idle(page);
  const { violations } = await new AxeBuilder({ page }).include("[aria-label=Features]").analyze();
  expect(violations).toEqual([]);

  await page.getByRole("button", { name: "Share" }).click();
  await expect(page.getByText(/in the address bar/)).toBeVisible();
  const other = await (await browser.newContext()).newPage();
  await other.goto(page.url());
  await expect(other.getByRole("combobox", { name: "ranked by" })).toHaveValue("gradient");
  await expect(other.getByText(/completeness error/)).toBeVisible();
});
