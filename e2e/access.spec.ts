/** For everybody: no axe violations in light and dark, all by keyboard, no sideways scrolling at 360 px. */
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { openPlayground } from "./playground";

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing in ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await openPlayground(page);
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await page.getByRole("button", { name: "Table", exact: true }).click();
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    for (const hash of ["#/check", "#/docs", "#/docs/shapley", "#/docs/scripting", "#/docs/sites"]) {
      await page.goto(`./${hash}`);
      await expect(page.locator("h1, h2").first()).toBeVisible();
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    }
  });
}

for (const width of [360, 800, 3840]) {
  test(`nothing scrolls sideways at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await openPlayground(page);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
  });
}

test("the keys do what the sheet says", async ({ page }) => {
  await openPlayground(page);
  await page.keyboard.press("?");
  await expect(page.getByRole("heading", { name: "Keys" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("heading", { name: "Keys" })).toHaveCount(0);

  const first = page.getByRole("checkbox", { name: /^Step 1/ });
  await page.keyboard.press("1");
  await expect(first).not.toBeChecked();
  await page.keyboard.press("1");
  await expect(first).toBeChecked();

  await page.keyboard.press("/");
  await expect(page.locator("#prompt")).toBeFocused();
  // Typing is typing: no sheet opens, and the new prompt has no chain yet.
  await page.keyboard.press("?");
  await expect(page.getByRole("heading", { name: "Keys" })).toHaveCount(0);
  await page.locator("#prompt").blur();

  await page.getByRole("option").first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("option").nth(2)).toBeFocused();
  await expect(page.getByText(/^position 2 · id \d+/)).toBeVisible();

  await page.keyboard.press("s");
  await expect(page.getByText(/in the address bar/)).toBeVisible();
});

test("a step can be pointed at from the list and from the strip", async ({ page }) => {
  await openPlayground(page);
  await page.getByRole("checkbox", { name: /^Step 2/ }).focus();
  await expect(page.locator(".token.lit").first()).toBeVisible();
});

test("figures and tables can be taken away", async ({ page }) => {
  await openPlayground(page);
  for (const [button, name] of [
    ["CSV", ".csv"],
    ["JSON", ".json"],
    ["SVG", ".svg"],
    ["PNG", ".png"],
  ] as const) {
    if (!(await page.getByRole("button", { name: button, exact: true }).isVisible()))
      await page.getByTitle("Export", { exact: true }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: button, exact: true }).click(),
    ]);
    expect(download.suggestedFilename()).toContain(name);
  }
});
