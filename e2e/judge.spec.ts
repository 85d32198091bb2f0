/** The Judge part of the Features panel: two autoencoders side by side, an explanation, probes. */
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { numberIn, openPlayground } from "./playground";

async function openJudge(page: Page): Promise<void> {
  await openPlayground(page);
  await page.getByRole("tab", { name: "Features" }).click();
  await page.getByRole("button", { name: "Judge", exact: true }).click();
}

/** Cells of a row of the first table of a chart. */
async function cells(page: Page, chart: string, row: RegExp): Promise<number[]> {
  const found = page.getByRole("region", { name: chart, exact: true }).getByRole("row", { name: row });
  return (await found.locator("td").allTextContents()).map(numberIn).filter((value) => !Number.isNaN(value));
}

test("two autoencoders are measured on the same texts, side by side", async ({ page }) => {
  await openJudge(page);
  await page.getByRole("combobox", { name: /^beside/ }).selectOption({ index: 1 });
  await page.getByRole("button", { name: "Measure" }).click();
  await expect(page.getByRole("status").filter({ hasText: "2 done" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Measure" })).toBeVisible();
  const fvu = await cells(page, "Quality", /^FVU \d/);
  expect(fvu).toHaveLength(2);
  for (const value of fvu) expect(value).toBeGreaterThan(0.005);
  for (const value of fvu) expect(value).toBeLessThan(0.03);
  for (const value of await cells(page, "Quality", /^L0/)) expect(value).toBe(8);
  for (const value of await cells(page, "Quality", /^loss recovered/)) expect(value).toBeGreaterThan(0.999);
  // A refit of the same latents cannot reconstruct less.
  const refitted = await cells(page, "Quality", /^FVU with values refitted/);
  refitted.forEach((value, i) => expect(value).toBeLessThanOrEqual(fvu[i]!));
  await expect(page.getByText(/60 ledger problems from seed 9000/).first()).toBeVisible();
});

test("a latent is explained on held-out texts, and a label is probed", async ({ page }) => {
  await openJudge(page);
  await page.getByRole("button", { name: /^Explain latent/ }).click();
  const patterns = page.getByRole("region", { name: /^Patterns of latent/ });
  await expect(patterns.getByRole("listitem").first()).toBeVisible();
  await expect(patterns.getByRole("row", { name: /^above 0/ })).toContainText(/\d of \d+/);
  await expect(patterns.getByRole("row", { name: /^its real values/ })).toContainText("1.000");

  await page.getByRole("button", { name: "Probe", exact: true }).click();
  await expect(page.getByRole("region", { name: "Probes", exact: true })).toBeVisible();
  const [latent] = await cells(page, "Probes", /^best latent/);
  const [channel] = await cells(page, "Probes", /^best channel/);
  const [linear] = await cells(page, "Probes", /^all channels/);
  const [base] = await cells(page, "Probes", /^no input/);
  // A name that is read: one latent tells it, one channel does not, all together do.
  expect(latent!).toBeLessThan(channel! / 3);
  expect(channel!).toBeLessThan(base!);
  expect(linear!).toBeLessThan(channel!);

  // A label of one's own.
  await page.getByRole("combobox", { name: /^judged on/ }).selectOption("typed");
  await page
    .getByRole("textbox", { name: /^Texts to judge on/ })
    .fill("Ann has 3 plums .\nBob has 4 plums .");
  await page.getByRole("button", { name: "Probe", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("No token is marked");
  const found = await new AxeBuilder({ page }).include("[aria-label='Judge']").analyze();
  expect(found.violations).toEqual([]);
});
