/** The Jacobian lens: fitted on a few problems, held against the logit lens and a control, exported, dropped, linked. */
import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { dropFiles, numberIn, openPlayground } from "./playground";

const lenses = (page: Page) => page.getByRole("region", { name: "Jacobian lenses", exact: true });
const tracks = (page: Page) => page.getByRole("region", { name: /^Rank of .* by both lenses/ });
const reading = (page: Page) => page.getByRole("combobox", { name: "read by" });

async function openJacobian(page: Page): Promise<void> {
  await openPlayground(page);
  await page.getByRole("tab", { name: "Lens" }).click();
  await reading(page).selectOption("jacobian");
  await expect(lenses(page)).toContainText("No lens yet.");
}

async function settled(page: Page): Promise<void> {
  await expect(tracks(page)).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
}

test("a lens is fitted in seconds, is nearer to the model than the logit lens, and survives its file", async ({
  page,
}) => {
  await openJacobian(page);
  await lenses(page).getByRole("button", { name: "Fit the lens" }).click();
  await settled(page);
  await expect(lenses(page)).toContainText(
    /8 ledger problems from seed 0 · mean over 8 texts, \d+ positions/,
  );
  const seconds = Number(/fitted in ([\d.]+) s/.exec((await lenses(page).textContent()) ?? "")?.[1]);
  test.info().annotations.push({ type: "fit", description: `${seconds} s` });
  console.log(`fitted in ${seconds} s`);
  await expect(page.getByRole("heading", { name: "Jacobian lens", exact: true })).toBeVisible();
  // One row a block; the last is the model itself, so both lenses end on the same rank.
  await tracks(page).getByRole("button", { name: "Table" }).click();
  const rows = await tracks(page).locator("tbody tr").all();
  expect(rows).toHaveLength(4);
  const ends = await rows.at(-1)!.locator("td").allTextContents();
  expect(ends.at(-1)).toBe(ends.at(-2));

  const judge = page.getByRole("region", { name: "Judge the lens" });
  await judge.getByRole("button", { name: "Judge on these texts" }).click();
  await expect(judge.getByRole("status").filter({ hasText: /n = \d+ texts/ })).toContainText(
    "none of them in the fit",
  );
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await expect(judge.getByText(/^n = (\d+) texts/)).toBeVisible();
  const last = await judge.locator(".wide tbody tr").last().locator("td").allTextContents();
  const [jacobian = NaN, logit = NaN, shuffled = NaN] = last.map((cell) =>
    numberIn(cell.split(" ")[0] ?? ""),
  );
  expect(jacobian).toBeLessThan(logit);
  expect(logit).toBeLessThan(shuffled);
  const found = await new AxeBuilder({ page }).include("[aria-label='Lens']").analyze();
  expect(found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  if (process.env["SHOTS"]) await shots(page, process.env["SHOTS"]);

  // What is exported and dropped again reads the same.
  const before = await tracks(page).locator("tbody").textContent();
  const [saved] = await Promise.all([
    page.waitForEvent("download"),
    lenses(page).getByRole("button", { name: "Export" }).click(),
  ]);
  expect(saved.suggestedFilename()).toBe("ledger-8-ledger-problems-from-seed-0.lens.safetensors");
  const bytes = readFileSync(await saved.path());
  await lenses(page).getByRole("button", { name: "Remove" }).click();
  await expect(tracks(page)).toHaveCount(0);
  await page.getByRole("tab", { name: "Attention", exact: true }).click();
  await dropFiles(page, [{ name: "mine.safetensors", bytes }]);
  await expect(page.getByText("mine.safetensors: a Jacobian lens.")).toBeVisible();
  await settled(page);
  await tracks(page).getByRole("button", { name: "Table" }).click();
  expect(await tracks(page).locator("tbody").textContent()).toBe(before);
  await dropFiles(page, [{ name: "broken.safetensors", bytes: bytes.subarray(0, bytes.length - 40) }]);
  await expect(page.getByText(/broken\.safetensors/).first()).toBeVisible();
  await expect(lenses(page)).toContainText("mine.safetensors");
});

test("a fit is stopped and goes on; a link says how its lens was made", async ({ page, browser }) => {
  await openJacobian(page);
  await lenses(page).getByRole("spinbutton", { name: "problems" }).fill("4");
  await lenses(page).getByRole("spinbutton", { name: "first seed" }).fill("3");
  await lenses(page).getByRole("spinbutton", { name: "first seed" }).blur();
  await lenses(page).getByRole("button", { name: "Fit the lens" }).click();
  await expect(lenses(page).getByText(/^[12] of \d+ texts/)).toBeVisible();
  await lenses(page).getByRole("button", { name: "Cancel" }).click();
  await expect(lenses(page)).toContainText(/stopped after \d of \d texts/);
  await settled(page);
  await lenses(page).getByRole("button", { name: "Go on" }).click();
  await expect(lenses(page).getByRole("button", { name: "Go on" })).toHaveCount(0);
  await expect(lenses(page)).toContainText("mean over 4 texts");
  await settled(page);
  await page.keyboard.press("s");
  await expect(page.getByText(/in the address bar/)).toBeVisible();

  const other = await browser.newPage();
  await other.goto(page.url());
  await expect(reading(other)).toHaveValue("jacobian");
  await expect(lenses(other).getByRole("spinbutton", { name: "first seed" })).toHaveValue("3");
  await lenses(other).getByRole("button", { name: "Fit the lens" }).click();
  await settled(other);
  const ranks = async (one: Page) => {
    await tracks(one).getByRole("button", { name: "Table" }).click();
    return tracks(one).locator("tbody").textContent();
  };
  expect(await ranks(other)).toBe(await ranks(page));
  await other.close();
});

async function shots(page: Page, folder: string): Promise<void> {
  await page.setViewportSize({ width: 1440, height: 1000 });
  await page.emulateMedia({ colorScheme: "light" });
  await page.screenshot({ path: `${folder}/jacobian-light.png`, fullPage: true });
  await page.setViewportSize({ width: 420, height: 900 });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.screenshot({ path: `${folder}/jacobian-dark.png`, fullPage: true });
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.emulateMedia({ colorScheme: "light" });
}
