/** Models from another host, from an imitation of the Hub, and models from before. */
import { readdirSync, readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { startHubImitation, type HubImitation, type HubTrouble } from "../scripts/hubImitation.mjs";
import { openPlayground, showExample } from "./playground";

const FOLDER = "static/models/ledger";
const FILES = Object.fromEntries(
  readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "examples.json")
    .map(({ name }) => [name, readFileSync(`${FOLDER}/${name}`)]),
);
const BARE = Object.fromEntries(Object.entries(FILES).filter(([name]) => !name.startsWith("tokenizer")));
const WEIGHTS = "model.safetensors";

let hub: HubImitation;
test.afterEach(() => hub.close());

/** The page, told that the Hub is its imitation, as whoever hosts it may tell it of a mirror. */
async function openWithHub(page: Page, trouble: HubTrouble = {}): Promise<void> {
  hub = await startHubImitation({ "someone/mine": FILES, "someone/bare": BARE }, trouble);
  await page.route(/\/some\/sub\/path\/$/, async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace("https://huggingface.co", hub.url);
    await route.fulfill({ response, body });
  });
  await openPlayground(page);
}

const chip = (page: Page) => page.getByTitle("Model", { exact: true });

async function openId(page: Page, id: string): Promise<void> {
  await chip(page).click();
  await page.getByLabel("Hugging Face id or URL").fill(id);
  await page.getByRole("button", { name: "Open", exact: true }).click();
}

test("fetches nothing before the click, then shows progress while the loaded model works on", async ({
  page,
}) => {
  await openWithHub(page, { file: WEIGHTS, pauseMs: 100 });
  await showExample(page, "Eight steps, two of them needed");
  await chip(page).click();
  await page.getByLabel("Hugging Face id or URL").fill("someone/mine");
  await expect(page.getByText(/^Open fetches it from localhost:\d+\/someone\/mine\.$/)).toBeVisible();
  expect(hub.requests).toEqual([]);
  await page.getByRole("button", { name: "Open", exact: true }).click();

  await expect(
    page.getByText(/Loading mine: fetching model\.safetensors · .+ of .+ · .+ left/),
  ).toBeVisible();
  await expect(chip(page)).toContainText(/ledger.*→ mine \d+ %/);
  const needed = page.getByRole("checkbox", { name: /^Step \d: last/ }).first();
  await needed.uncheck();
  await expect(page.getByText(/^Δ /)).not.toHaveText(/Δ 0\.000/);
  await expect(chip(page)).toContainText("→ mine");

  await expect(chip(page)).toContainText(/^\s*mine/);
  await expect(page.getByRole("button", { name: "▶ Think" })).toBeEnabled();
  const fetched = hub.requests.map(({ path }) => path.split("/").at(-1));
  expect(new Set(fetched)).toEqual(
    new Set(["main", "config.json", WEIGHTS, "tokenizer.json", "tokenizer_config.json"]),
  );
});

test("takes up a broken connection where it ended", async ({ page }) => {
  await openWithHub(page, { file: WEIGHTS, cuts: 3, cutAfterBytes: 200_000 });
  await openId(page, "someone/mine");
  await expect(chip(page)).toContainText(/^\s*mine/);
  const ranges = hub.requests.filter(({ path }) => path.startsWith("/storage/")).map(({ range }) => range);
  expect(ranges).toHaveLength(4);
  expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ""))).toBe(true);
});

test("starts a file again where the host serves no ranges", async ({ page }) => {
  await openWithHub(page, { file: WEIGHTS, cuts: 1, cutAfterBytes: 200_000, noRanges: true });
  await openId(page, "someone/mine");
  await expect(chip(page)).toContainText(/^\s*mine/);
});

test("says that there is no such model or file, and keeps the loaded one", async ({ page }) => {
  await openWithHub(page);
  await openId(page, "someone/else");
  await expect(page.getByRole("alert").first()).toContainText(
    /asks for a login before it gives someone\/else: it is gated, private, or misspelt/,
  );
  hub.trouble.refuse = { "config.json": 404 };
  await openId(page, "someone/mine");
  await expect(page.getByRole("alert").first()).toContainText(/has no config\.json.*ledger stays loaded/);
  await expect(chip(page)).toContainText("ledger");
});

test("is cancelled on the way, and goes on from there when opened again", async ({ page }) => {
  await openWithHub(page, { file: WEIGHTS, stallAfterBytes: 300_000 });
  await openId(page, "someone/mine");
  await expect(page.getByText(/Loading mine: fetching model\.safetensors/)).toBeVisible();
  // The small files are less than a hundredth of it: a tenth has come of the weights.
  await expect(chip(page)).toContainText(/→ mine \d\d %/);
  expect(hub.requests.some(({ path }) => path.startsWith("/storage/"))).toBe(true);
  await page.getByRole("button", { name: "Cancel", exact: true }).click();
  await expect(chip(page)).not.toContainText("mine");
  hub.trouble.stallAfterBytes = Infinity;
  await openId(page, "someone/mine");
  await expect(chip(page)).toContainText(/^\s*mine/);
  expect(hub.requests.at(-1)?.range).toMatch(/^bytes=[1-9]\d*-$/);
});

test("completes a model with the tokenizer that is dropped later", async ({ page }) => {
  await openWithHub(page);
  await openId(page, "someone/bare");
  await expect(
    page.getByText(/tokenizer\.json not found: token ids only, or drop it here now/),
  ).toBeVisible();
  await page.evaluate((text) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "tokenizer.json"));
    window.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, FILES["tokenizer.json"]?.toString() ?? "");
  await expect(page.getByText("bare reads text now, with this tokenizer.")).toBeVisible();
  await page.locator("#prompt").fill("Ann has 3 apples .");
  await page.getByRole("button", { name: "▶ Think" }).click();
  await expect(page.getByRole("option").nth(8)).toBeVisible();
});

test("keeps a model on the device, opens it without a network, deletes it", async ({ page }) => {
  await openWithHub(page);
  await openId(page, "someone/mine");
  await expect(chip(page)).toContainText(/^\s*mine/);
  await chip(page).click();
  await page.getByRole("button", { name: "Keep on this device" }).click();
  await expect(page.getByText("Kept on this device")).toBeVisible();

  await page.reload();
  await expect(page.getByText(/^live · /)).toBeVisible();
  hub.requests.length = 0;
  await chip(page).click();
  await page.getByRole("button", { name: "Open mine" }).click();
  await expect(chip(page)).toContainText(/^\s*mine/);
  // The menu closes once the model has been settled in.
  await expect(chip(page)).toHaveAttribute("aria-expanded", "false");
  expect(hub.requests).toEqual([]);

  await chip(page).click();
  await page.getByRole("button", { name: "Delete mine" }).click();
  await expect(page.getByRole("button", { name: "Open mine" })).toHaveCount(0);
  const left = await page.evaluate(async () => {
    const names: string[] = [];
    const models = await (await navigator.storage.getDirectory()).getDirectoryHandle("models");
    for await (const name of models.keys()) names.push(name);
    return names;
  });
  expect(left).toEqual([]);
});

test("remembers a folder without copying it", async ({ page }) => {
  await openWithHub(page);
  // The picker is the browser's own window: here it gives a folder of the page's private storage.
  const files = Object.entries(FILES).map(([name, bytes]) => ({ name, base64: bytes.toString("base64") }));
  await page.evaluate(async (given) => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle("my-folder", { create: true });
    for (const { name, base64 } of given) {
      const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
      await writable.write(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
      await writable.close();
    }
  }, files);
  const pretend = () =>
    page.evaluate(() => {
      const pick = async () => (await navigator.storage.getDirectory()).getDirectoryHandle("my-folder");
      Object.assign(window, { showDirectoryPicker: pick });
    });
  await pretend();
  await chip(page).click();
  await page.getByRole("button", { name: "Folder…" }).click();
  await expect(page.getByRole("group", { name: "Model" })).toHaveCount(0);
  await expect(chip(page)).toContainText("my-folder");

  await page.reload();
  await expect(page.getByText(/^live · /)).toBeVisible();
  await chip(page).click();
  await expect(page.getByText(/in its folder/)).toBeVisible();
  await page.getByRole("button", { name: "Open my-folder" }).click();
  await expect(page.getByRole("group", { name: "Model" })).toHaveCount(0);
  await expect(chip(page)).toContainText("my-folder");
  await chip(page).click();
  await page.getByRole("button", { name: "Forget my-folder" }).click();
  await expect(page.getByText(/in its folder/)).toHaveCount(0);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing in the model menu in ${colorScheme}, and it fits in 360 px`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 360, height: 740 });
    await openWithHub(page);
    await openId(page, "someone/mine");
    await expect(chip(page)).toContainText(/^\s*mine/);
    await chip(page).click();
    await page.getByRole("button", { name: "Keep on this device" }).click();
    await expect(page.getByRole("button", { name: "Open mine" })).toBeVisible();
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    const sideways = await page
      .getByRole("group", { name: "Model" })
      .evaluate((sheet) => sheet.scrollWidth - sheet.clientWidth);
    expect(sideways).toBe(0);
  });
}
