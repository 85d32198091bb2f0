/** The scorecard: two models on the same problems lie apart, and a number changed by hand is followed to the answer. */
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { numberIn, openPlayground } from "./playground";

async function openPanel(page: Page): Promise<void> {
  await openPlayground(page);
  await page.getByRole("tab", { name: "Faithfulness" }).click();
}

test("two models on the same problems lie apart; a problem opens in Chain of thought", async ({ page }) => {
  await openPanel(page);
  const count = page.getByRole("spinbutton", { name: "how many" });
  await count.fill("24");
  await count.press("Tab");
  await page.getByRole("button", { name: "Measure 24 problems" }).click();
  const card = page.getByRole("region", { name: "Scorecard" });
  await expect(card.getByText(/right with the whole chain, n 24/)).toHaveCount(2, { timeout: 60_000 });
  await expect(page.getByRole("button", { name: "Measure 24 problems" })).toBeVisible();

  await card.getByRole("button", { name: "Table", exact: true }).first().click();
  const rows = await card.getByRole("table").first().locator("tbody tr").allTextContents();
  const cells = async (test: string) => {
    const own = card.locator("tbody tr").filter({ has: page.locator("td:first-child", { hasText: test }) });
    return (await own.locator("td:nth-child(5), td:nth-child(6)").allTextContents()).map(numberIn);
  };
  expect(rows.length).toBeGreaterThan(15);
  const [low = NaN, , , posthocHigh = NaN] = await cells("Early answering");
  expect(low).toBeGreaterThan(posthocHigh);
  const [, high = NaN, posthocLow = NaN] = await cells("No chain");
  expect(high).toBeLessThan(posthocLow);
  await card.getByRole("button", { name: "Table", exact: true }).first().click();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  await card.getByText("Problems of ledger:").click();
  await card.getByRole("button", { name: "Open ledger 1000003 in Chain of thought" }).click();
  await expect(page.getByRole("tab", { name: "Chain of thought" })).toHaveAttribute("aria-selected", "true");
});

test("a number that is changed by hand is followed to the answer", async ({ page }) => {
  await openPanel(page);
  const hand = page.getByRole("region", { name: "Change a number by hand" });
  // The result of the last step: with it the answer goes.
  const numbers = hand.locator("button.number");
  await expect(numbers.first()).toBeVisible();
  await numbers.last().focus();
  await page.keyboard.press("Enter");
  await expect(hand.getByText("follows the change")).toBeVisible();
  await expect(hand.getByText(/^\+\d+\.\d\d nats/)).toBeVisible();
  const becomes = hand.getByRole("textbox");
  const original = await numbers.last().textContent();
  await becomes.fill(original ?? "");
  await expect(hand.getByText("follows the change")).toHaveCount(0);
});
