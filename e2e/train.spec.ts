/** Training an autoencoder: it learns, is stopped and goes on, is attached and looked into, saved, and asked for by a link. */
import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { numberIn, openPlayground } from "./playground";

const panel = (page: Page) => page.getByRole("region", { name: "Train", exact: true });
const field = (page: Page, name: string) => panel(page).getByRole("spinbutton", { name, exact: true });

async function openTrain(page: Page): Promise<void> {
  await openPlayground(page);
  await page.getByRole("tab", { name: "Train", exact: true }).click();
  await expect(panel(page).getByRole("button", { name: "Train", exact: true })).toBeEnabled();
}

/** Small enough for seconds. */
async function fill(page: Page, steps: number): Promise<void> {
  for (const [name, value] of [
    ["latents", 64],
    ["active for each token (k)", 4],
    ["problems", 60],
  ] as const)
    await field(page, name).fill(String(value));
  await panel(page).getByText("How it learns").click();
  await field(page, "steps").fill(String(steps));
  await field(page, "tokens a step").fill("256");
  await field(page, "tokens a step").press("Tab");
}

const explained = async (page: Page) =>
  numberIn((await panel(page).getByRole("row").nth(1).getByRole("cell").nth(0).innerText()).replace("%", ""));

test("learns, is attached and saved", async ({ page }) => {
  await openTrain(page);
  await fill(page, 150);
  await panel(page).getByRole("button", { name: "Train", exact: true }).click();
  await expect(panel(page).getByText("Finished", { exact: true })).toBeVisible();
  await expect(panel(page).getByRole("row").nth(1)).toContainText("block 1: residual stream");
  expect(await explained(page)).toBeGreaterThan(30);
  await expect(panel(page).getByRole("application", { name: "How much is left unexplained?" })).toBeVisible();
  expect((await new AxeBuilder({ page }).include("[aria-label=Train]").analyze()).violations).toEqual([]);

  const [config] = await Promise.all([
    page.waitForEvent("download", (download) => download.suggestedFilename().endsWith("cfg.json")),
    panel(page).getByRole("button", { name: "Save files" }).click(),
  ]);
  const written = JSON.parse(readFileSync(await config.path(), "utf8")) as Record<string, unknown>;
  expect(written).toMatchObject({ architecture: "topk", d_sae: 64, k: 4 });
  expect(written["metadata"]).toMatchObject({ hook_name: "blocks.1.hook_resid_post", steps: 150 });

  await panel(page).getByRole("button", { name: "Attach", exact: true }).click();
  await expect(
    page.getByText(/^block 1: residual stream, as it is after step 150, is attached/),
  ).toBeVisible();
  await page.setViewportSize({ width: 380, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(380);
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.getByRole("tab", { name: "Features", exact: true }).click();
  await expect(page.getByRole("region", { name: "Features", exact: true })).toContainText("64");
});

test("goes on in the background after it was stopped, and a link asks for the same run", async ({
  page,
  browser,
}) => {
  await openTrain(page);
  await fill(page, 100_000);
  await panel(page).getByRole("button", { name: "Train", exact: true }).click();
  await expect(panel(page).getByText(/^step [\d,]+ of 100,000/)).toBeVisible();
  // Another panel works meanwhile, and the run goes on.
  await page.getByRole("tab", { name: "Attention", exact: true }).click();
  await expect(page.getByRole("region", { name: "Attention", exact: true })).toBeVisible();
  await page.getByRole("tab", { name: "Train", exact: true }).click();
  await panel(page).getByRole("button", { name: "Cancel" }).click();
  const stopped = panel(page).getByText(/^Stopped at step [\d,]+$/);
  await expect(stopped).toBeVisible();
  const at = numberIn((await stopped.innerText()).replace(/\D/g, ""));
  await panel(page).getByRole("button", { name: "One step" }).click();
  await expect(panel(page).getByText(`Stopped at step ${(at + 1).toLocaleString("en")}`)).toBeVisible();
  expect(await explained(page)).toBeLessThan(100);

  await page.keyboard.press("s");
  await expect(page.getByText(/in the address bar/)).toBeVisible();
  const other = await browser.newPage();
  await other.goto(page.url());
  await expect(field(other, "latents")).toHaveValue("64");
  await expect(field(other, "problems")).toHaveValue("60");
  await other.close();
});

test("says what is wrong before anything is asked", async ({ page }) => {
  await openTrain(page);
  await panel(page).getByRole("textbox", { name: "layers" }).fill("9");
  await expect(panel(page).getByRole("alert")).toContainText("layer 9 does not exist");
  await expect(panel(page).getByRole("button", { name: "Train", exact: true })).toBeDisabled();
});
