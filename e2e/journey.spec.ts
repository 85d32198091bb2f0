/** A visitor's first minutes, on the WebGPU device (in software) and with no adapter at all. */
import { expect, test } from "@playwright/test";
import { chooseWebGpu, openPlayground, runShapley, shapleyValues, showExample } from "./playground";

const EIGHT = "Eight steps, two of them needed";

test(
  "think, toggle, attribute, share, and a second visitor sees the same numbers",
  { tag: "@webgpu" },
  async ({ page, browser, baseURL }, info) => {
    const outside: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(baseURL ?? "") && !/^(data|blob):/.test(request.url()))
        outside.push(request.url());
    });
    await openPlayground(page);
    if (info.project.name === "software-webgpu") await chooseWebGpu(page);
    else await expect(page.getByTitle("Device", { exact: true })).toContainText("CPU");

    // Think: the model writes a chain, which is split into steps.
    await showExample(page, EIGHT);
    await page.getByRole("button", { name: "▶ Think" }).click();
    await expect(page.getByRole("button", { name: "▶ Think" })).toBeEnabled({ timeout: 180_000 });
    await expect(page.getByRole("checkbox", { name: /^Step \d/ })).toHaveCount(8);

    // Toggle: the answer's numbers follow, and come back.
    await showExample(page, EIGHT);
    const answer = page.getByText(/^Δ /);
    await expect(answer).toHaveText(/Δ 0\.000/);
    const steps = page.getByRole("checkbox", { name: /^Step \d/ });
    const needed = page.getByRole("checkbox", { name: /^Step \d: last/ }).first();
    await needed.uncheck();
    await expect(answer).not.toHaveText(/Δ 0\.000/);
    await needed.check();
    await expect(answer).toHaveText(/Δ 0\.000/);

    // Shapley over 2^8 coalitions.
    await expect(page.getByText(/^256 coalitions · [\d,]+ tokens/)).toBeVisible();
    await runShapley(page);
    const phi = await shapleyValues(page);
    expect(phi).toHaveLength(await steps.count());
    await expect(page.getByText(/^exact over 256 coalitions of 8 players · [\d,]+ tokens/)).toBeVisible();

    // Share, and open the link as somebody else.
    await page.getByRole("button", { name: "Share" }).click();
    await expect(page.getByText(/in the address bar/)).toBeVisible();
    const link = page.url();
    expect(link).toMatch(/#v=1&s=[\w-]+$/);
    const other = await (await browser.newContext()).newPage();
    await other.goto(link);
    await expect(other.getByText(/^Matches the sender's numbers/)).toBeVisible({ timeout: 180_000 });
    const theirs = await shapleyValues(other);
    theirs.forEach((value, i) => expect(Math.abs(value - (phi[i] ?? NaN))).toBeLessThan(1e-3));
    await expect(other.locator("#prompt")).toHaveValue(await page.locator("#prompt").inputValue());
    expect(outside).toEqual([]);
  },
);

test("the first paint is a recorded run, soon live, and the page is light", async ({ page }) => {
  // It waits for no model: the weights are held back until it is there.
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\.safetensors$/, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("./");
  await expect(page.getByText("recorded · starting the engine…")).toBeVisible();
  await expect(page.getByText(/^Δ /)).toHaveText(/Δ 0\.000/);
  release();
  await expect(page.getByText(/^live · matches the recording/)).toBeVisible();
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content");
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
  expect(policy).not.toContain("unsafe-inline");
});

test("modes are named, and each gives its own numbers", async ({ page }) => {
  await openPlayground(page);
  for (const mode of ["delete", "mask", "replace"]) {
    await page.getByLabel("absent steps:").selectOption(mode);
    await runShapley(page);
    await expect(page.getByText(new RegExp(`absent steps: ${mode}`)).last()).toBeVisible();
    await expect(page.getByText(/Σφ − Δv = (0\.00|[+−]\d\.\de−(9|1\d))/)).toBeVisible();
  }
});

test("steps are merged, split and edited", async ({ page }) => {
  await openPlayground(page);
  const steps = page.getByRole("checkbox", { name: /^Step \d/ });
  const before = await steps.count();
  await page.getByRole("button", { name: "Edit step 1" }).click();
  await page.getByRole("button", { name: "Join with the next step" }).click();
  await expect(steps).toHaveCount(before - 1);
  await page.getByRole("button", { name: "Edit step 1" }).click();
  await page
    .getByRole("button", { name: /^Cut before/ })
    .nth(3)
    .click();
  await expect(steps).toHaveCount(before);
  await page.getByRole("button", { name: "Edit step 1" }).click();
  await page.getByLabel("text", { exact: true }).fill(" Ann");
  await page.getByLabel("text", { exact: true }).press("Enter");
  await expect(page.getByRole("checkbox", { name: "Step 1: Ann" })).toBeVisible();
});

test("above twelve steps it says so and estimates", async ({ page }) => {
  await openPlayground(page);
  await showExample(page, "Twelve steps, one of them needed");
  await page.getByRole("button", { name: "Edit step 1", exact: true }).click();
  await page
    .getByRole("button", { name: /^Cut before/ })
    .first()
    .click();
  await expect(page.getByText(/13 players: exact values stop at 12, so these are estimates/)).toBeVisible();
  await expect(page.getByText(/leave-one-out, nats/)).toBeVisible();
  await page.getByRole("button", { name: "Shapley values" }).click();
  await expect(
    page.getByText(/^paired regression, 1,000 of 8,192 coalitions of 13 players/).first(),
  ).toBeVisible();
  await expect(page.getByText(/Shapley value, nats/)).toBeVisible();
});

test("a long computation shows progress and is cancelled", async ({ page }) => {
  await openPlayground(page);
  await showExample(page, "Twelve steps, one of them needed");
  await expect(page.getByText(/4,096 coalitions/)).toBeVisible();
  await page.getByRole("button", { name: "Shapley values" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("button", { name: /^(Shapley values|Recompute)$/ })).toBeVisible();
});
