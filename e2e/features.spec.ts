/** The features panel: what ships with ledger, its quality, latents as edits, files, links; keys and screen readers. */
import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { numberIn, openPlayground } from "./playground";

async function openFeatures(page: Page): Promise<void> {
  await openPlayground(page);
  await page.getByRole("tab", { name: "Features" }).click();
  await expect(page.getByRole("region", { name: /^Latents at position/ })).toBeVisible();
  await idle(page);
}
const idle = (page: Page) => expect(page.locator("[aria-busy=true]")).toHaveCount(0);
const latents = (page: Page) =>
  page.getByRole("region", { name: /^Latents at position/ }).getByRole("listitem");

/** A number of the quality line. */
async function quality(page: Page, name: string): Promise<number> {
  const line = page.getByRole("region", { name: "Quality on this text" });
  const row = line.locator("dl div", { has: page.getByText(name, { exact: true }) });
  return numberIn((await row.locator("dd").textContent()) ?? "");
}

test("what ships with the model is attached, and its quality stands there", async ({ page }) => {
  await openFeatures(page);
  await expect(page.getByRole("combobox", { name: "autoencoder" }).locator("option")).toHaveCount(4);
  expect(await quality(page, "FVU")).toBeGreaterThan(0);
  expect(await quality(page, "FVU")).toBeLessThan(0.05);
  expect(await quality(page, "L0")).toBe(8);
  expect(await quality(page, "loss recovered")).toBeGreaterThan(0.99);
  await expect(latents(page)).toHaveCount(8);
  // With fewer latents less is explained.
  const before = await quality(page, "FVU");
  await page.getByRole("slider", { name: "k" }).fill("2");
  await expect(latents(page)).toHaveCount(2);
  await idle(page);
  expect(await quality(page, "FVU")).toBeGreaterThan(5 * before);
});

test("a latent is ablated by an edit, which a link carries", async ({ page, browser }) => {
  await openFeatures(page);
  const id = ((await latents(page).first().textContent()) ?? "").trim().split(" ")[0] ?? "";
  await latents(page).first().getByRole("button").click();
  await page.getByRole("button", { name: "Ablate" }).click();
  await expect(page.getByText(`ablate latent ${id} of blocks.0.resid_post`).first()).toBeVisible();
  await idle(page);
  await page.getByRole("combobox", { name: "ranked by" }).selectOption("change");
  await expect(latents(page).first()).toContainText("−");

  await page.getByRole("button", { name: "Share" }).click();
  await expect(page.getByText(/in the address bar/)).toBeVisible();
  const other = await (await browser.newContext()).newPage();
  await other.goto(page.url());
  await expect(other.getByText(/^Matches the sender's numbers/)).toBeVisible();
  await expect(other.getByRole("checkbox", { name: /ablate latent/ })).toBeChecked();
});

test("files are attached, wrong ones refused, keys reach everything", async ({ page }) => {
  await openFeatures(page);
  await page.getByRole("button", { name: "Detach" }).click();
  await expect(page.getByRole("combobox", { name: "autoencoder" }).locator("option")).toHaveCount(3);
  const folder = "static/models/ledger/sae/blocks.0.resid_post";
  const file = (name: string) => ({
    name,
    mimeType: "application/octet-stream",
    buffer: readFileSync(`${folder}/${name}`),
  });
  const input = page.getByLabel("Attach files…");
  await input.setInputFiles([file("sae_weights.safetensors")]);
  await expect(page.getByRole("alert")).toContainText("cfg.json not found");
  await input.setInputFiles([file("cfg.json"), file("sae_weights.safetensors")]);
  await expect(page.getByRole("combobox", { name: "autoencoder" }).locator("option")).toHaveCount(4);
  await idle(page);
  const map = page.getByRole("application", { name: /strongest latents along the text/ });
  await map.focus();
  for (const key of ["ArrowDown", "ArrowDown", "Enter"]) await map.press(key);
  await idle(page);
  await map.blur();
  const chosen = page.getByRole("region", { name: /^Latent \d+$/ });
  const before = await chosen.getAttribute("aria-label");
  await page.keyboard.press("n");
  await expect(chosen).not.toHaveAttribute("aria-label", before ?? "");
  await expect(
    page.getByRole("region", { name: "Writes almost the same" }).getByRole("listitem"),
  ).toHaveCount(8);
  await idle(page);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
});
