/** Inside a step: its numbers are those of the chain, choices reach other panels; and the guided tour. */
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { numberIn, openPlayground } from "./playground";

const idle = (page: Page) => expect(page.locator("[aria-busy=true]")).toHaveCount(0);

/** The two log p of the panel's first line. */
async function ends(page: Page): Promise<number[]> {
  const line = page.getByRole("region", { name: "Inside a step" }).getByRole("status").first();
  return (await line.locator("strong").allTextContents()).map(numberIn);
}

test("a step's absence is read inside, in two modes, and carried to other panels", async ({ page }) => {
  await openPlayground(page);
  const loo = await page.locator(".line .number.muted").allTextContents();
  await page.getByRole("tab", { name: "Inside a step" }).click();
  // It opens with the step that matters most: here the third.
  await expect(page.getByRole("radio", { checked: true })).toContainText("last Ann");
  await expect(page.getByRole("region", { name: /^Latents at the answer/ })).toBeVisible();
  await idle(page);
  const [present, absent] = await ends(page);
  expect(present! - absent!).toBeGreaterThan(2);
  expect(present! - absent!).toBeCloseTo(Math.max(...loo.map(numberIn).filter((x) => !Number.isNaN(x))), 1);

  // A step that stands by, by keys; then its keys are hidden in place of its text.
  await page.getByRole("radio", { checked: true }).focus();
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await expect(page.getByRole("radio", { checked: true })).toContainText("last Cat");
  await expect(page.getByText(/without it, Δ/)).toContainText("with step 1");
  await idle(page);
  const [, bystander] = await ends(page);
  expect(Math.abs(bystander!)).toBeLessThan(0.01);
  await page.getByRole("combobox", { name: "taken away by" }).selectOption("mask");
  await page.getByRole("radio").nth(2).click();
  await expect(page.getByText(/absent by mask/).first()).toBeVisible();
  await expect(page.getByText(/without it, Δ/)).toContainText("with step 3");
  await idle(page);
  expect((await ends(page))[1]).toBeLessThan(-2);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  // A latent opens in Features, a head in Attention.
  await page
    .getByRole("region", { name: /^Latents over step 3/ })
    .getByRole("listitem")
    .first()
    .getByRole("button")
    .click();
  await expect(page.getByRole("tab", { name: "Features" })).toHaveAttribute("aria-selected", "true");
  await page.getByRole("tab", { name: "Inside a step" }).click();
  await page.getByRole("button", { name: /^Open head .* in Attention$/ }).click();
  await expect(page.getByText("views are about position 97")).toBeVisible();
});

test("the tour waits for what is really done, and is left by Escape", async ({ page }) => {
  await openPlayground(page);
  await expect(page.getByRole("complementary", { name: "Guided tour" })).toHaveCount(0);
  await page.getByRole("link", { name: "Tour", exact: true }).click();
  const tour = page.getByRole("complementary", { name: "Guided tour" });
  await expect(tour).toBeFocused();
  await expect(tour).toContainText("Untick step 3");
  await tour.getByRole("button", { name: "Show where" }).click();
  await page.keyboard.press("Space");
  await expect(tour).toContainText(/Without step 3, log p\(4\): .* with all steps, −3\.0/);
  await expect(tour).toContainText("Press Shapley values");
  await tour.getByRole("button", { name: "Show where" }).click();
  await page.keyboard.press("Enter");
  await expect(tour).toContainText(/step 3: φ \+1\.5/);
  await tour.getByRole("button", { name: "Write step 3 twice" }).click();
  await expect(tour).toContainText("Share it out again");
  await expect(tour).toContainText(/step 3 [+−]?0\.0/);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.keyboard.press("Escape");
  await expect(tour).toHaveCount(0);
  await page.goto("./#/tour");
  await expect(tour).toContainText("Share it out again");
});
