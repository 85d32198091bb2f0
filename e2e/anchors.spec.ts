/** Thought anchors: rollouts with their counts, suppression beside Shapley values, receiver heads. */
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { numberIn, openPlayground, showExample } from "./playground";

async function openAnchors(page: Page): Promise<void> {
  await openPlayground(page);
  await showExample(page, "Eight steps");
  await page.getByRole("tab", { name: "Anchors" }).click();
}

const chart = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

test("rollouts say after which step the answer's odds turn, with their number", async ({ page }) => {
  await openAnchors(page);
  await page.getByRole("button", { name: "Write rollouts" }).click();
  const importance = chart(page, "Importance of steps by rollouts");
  await expect(importance).toBeVisible();
  // 9 places, 20 of each, free and forced.
  await expect(page.getByText(/^360 rollouts · /)).toBeVisible({ timeout: 60_000 });
  await expect(importance).toContainText("n = 20 to 20 rollouts from each of 9 places");
  await importance.getByRole("button", { name: "Table", exact: true }).click();
  const header = await importance.locator("thead th").allTextContents();
  const forcedAt = header.findIndex((name) => name.trim() === "forced answer");
  const rows = await importance.locator("tbody tr").all();
  const forced = await Promise.all(
    rows.map(async (row) => numberIn((await row.locator("td, th").allTextContents())[forcedAt]!)),
  );
  // Ann's total is the last that the answer needs: given it, the model can say the sum.
  expect(forced.indexOf(Math.max(...forced))).toBe(5);
  await page.getByRole("combobox", { name: /^texts that begin/ }).selectOption({ label: "after all steps" });
  const list = page.getByRole("list", { name: "Rollouts that begin there" });
  await expect(list.getByRole("listitem")).toHaveCount(20);
  // With the whole chain before it the answer is right more often than not.
  const right = /(\d+) of 20 right/.exec((await page.getByText(/\d+ of 20 right/).textContent()) ?? "")?.[1];
  expect(Number(right)).toBeGreaterThan(10);
});

test("what later steps lose is ranked beside Shapley values; no head is ranked by few scores", async ({
  page,
}) => {
  await openAnchors(page);
  await expect(chart(page, "Attention to a step suppressed")).toBeVisible();
  await page.getByRole("button", { name: "Shapley values of the same pairs" }).click();
  await expect(page.getByText(/over n = 36 pairs/)).toBeVisible({ timeout: 60_000 });
  const rho = /ρ ([+−][\d.]+)/.exec((await page.getByText(/over n = 36 pairs/).textContent()) ?? "")?.[1];
  expect(numberIn(rho ?? "")).toBeGreaterThan(0.4);
  // Eight steps: the last has no later one.
  const receivers = page.getByRole("region", { name: "Receiver heads" });
  await expect(receivers).toContainText("Heads are not ranked");
  await expect(receivers).toContainText("7 of the 8 steps of this chain have one");
  await expect(chart(page, "Heads by kurtosis")).toHaveCount(0);
  await receivers.getByRole("combobox", { name: "head" }).selectOption("2.1");
  await expect(chart(page, "Attention that steps receive in head 2.1")).toBeVisible();
  const found = await new AxeBuilder({ page }).include("[aria-label='Anchors']").analyze();
  expect(found.violations).toEqual([]);
});
