/** Steering: directions of the shipped model, their effect, the text, the edit in the link, a control vector out and in again. */
import AxeBuilder from "@axe-core/playwright";
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { dropFiles, numberIn, openPlayground } from "./playground";

const panel = (page: Page) => page.getByRole("region", { name: "Steering", exact: true });
const chart = (page: Page, name: RegExp) => page.getByRole("region", { name });
const EFFECT = /^logit\(\+\) − logit\(-\), mean difference added/;
const RANDOM = /^logit\(\+\) − logit\(-\), random directions added/;

async function settled(page: Page): Promise<void> {
  await expect(chart(page, EFFECT)).toBeVisible({ timeout: 60_000 });
  await expect(panel(page).getByText(/^The texts? (differ|are)/)).toBeVisible({ timeout: 60_000 });
  await expect(panel(page).locator("[aria-busy=true]")).toHaveCount(0, { timeout: 60_000 });
}

async function openSteering(page: Page): Promise<void> {
  await openPlayground(page);
  await page.getByRole("tab", { name: "Steering", exact: true }).click();
  await settled(page);
}

/** Of one layer and strength: the metric, and what random directions give. */
async function cell(page: Page, layer: number, strength: number): Promise<{ value: number; random: number }> {
  const figure = chart(page, EFFECT);
  const button = figure.getByRole("button", { name: "Table", exact: true });
  if ((await button.getAttribute("aria-pressed")) !== "true") await button.click();
  for (const row of await figure.locator("tbody tr").all()) {
    const cells = await row.locator("td, th").allTextContents();
    const [own, by, value, , , random] = cells.map(numberIn);
    if (own === layer && by === strength) return { value: value!, random: random! };
  }
  throw new Error(`no cell of layer ${layer}, strength ${strength}`);
}

test("gain − loss turns the sign that is written; random directions of the same length do not", async ({
  page,
}) => {
  await openSteering(page);
  const clean = await cell(page, 1, 0);
  expect(clean.value).toBeLessThan(-5);
  const steered = await cell(page, 1, 1);
  expect(steered.value).toBeGreaterThan(2);
  expect(steered.random).toBeLessThan(-5);
  await expect(chart(page, RANDOM)).toBeVisible();
  await expect(chart(page, /^Direction of each layer/)).toContainText(/\d+ of 12 \(/);
  await expect(panel(page).getByText(/^The texts differ from token/)).toBeVisible();

  // One click makes it an edit, which a link carries.
  await panel(page).getByRole("button", { name: "Add as an edit" }).click();
  await expect(page.getByRole("checkbox", { name: /add to blocks\.\d resid_post/ })).toBeVisible();
  const slider = panel(page).getByRole("slider", { name: "strength" });
  await slider.focus();
  await slider.press("ArrowLeft");
  await expect(panel(page).getByText(/^edits: add to .* × 0.75 · temperature 0/)).toBeVisible();

  // What is set is in the link.
  await panel(page).getByRole("combobox", { name: "added at" }).selectOption("last");
  await page.getByRole("button", { name: "Share" }).click();
  await expect(page).toHaveURL(/#v=1&s=/);
  const link = page.url();
  await page.goto("about:blank");
  await page.goto(link);
  await expect(panel(page).getByRole("combobox", { name: "added at" })).toHaveValue("last");
  await expect(page.getByRole("checkbox", { name: /add to blocks\.\d resid_post/ })).toBeVisible();
  await expect(panel(page).getByRole("button", { name: "Remove the edit" })).toBeVisible();
  await panel(page).getByRole("button", { name: "Remove the edit" }).click();
  await expect(page.getByRole("checkbox", { name: /add to blocks/ })).toHaveCount(0);
});

test("a control vector that is saved opens again, dropped anywhere", async ({ page }) => {
  await openSteering(page);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    panel(page).getByRole("button", { name: ".gguf" }).click(),
  ]);
  const bytes = readFileSync(await download.path());
  expect(bytes.subarray(0, 4).toString()).toBe("GGUF");
  expect(bytes.includes("controlvector")).toBe(true);
  await page.getByRole("tab", { name: "Lens", exact: true }).click();
  await dropFiles(page, [{ name: "steering.gguf", bytes }]);
  const figure = chart(page, /^Directions of the file/);
  await expect(figure).toContainText("direction.1");
  await expect(figure).toContainText("direction.3");
  await expect(figure).not.toContainText("direction.0");
  await expect(figure).toContainText("made for gpt2");
});

test("has no accessibility violations, wide and narrow", async ({ page }) => {
  await openSteering(page);
  const scan = async () => (await new AxeBuilder({ page }).analyze()).violations;
  expect(await scan()).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 390, height: 844 });
  await expect(chart(page, EFFECT)).toBeVisible();
  expect(await scan()).toEqual([]);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wide).toBeLessThanOrEqual(0);
});
