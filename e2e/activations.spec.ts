/** Activations: any site by keyboard, true statistics, tensors as files, long prompts that stay quick, axe. */
import { readdirSync, readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { unzipSync } from "fflate";
import { dropFiles, numberIn, openPlayground } from "./playground";

const LLAMA = "src/engine/models/golden/llama";
const SITE = "blocks.1.attn.z";

/** Seconds of CPU time that the page and its worker have taken; of every page of this browser, and there is one. */
async function cpuSeconds(page: Page): Promise<number> {
  const session = await page.context().browser()?.newBrowserCDPSession();
  if (!session) throw new Error("no browser to ask for its CPU time");
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const times = processInfo.filter(({ type }) => type === "renderer").map(({ cpuTime }) => cpuTime);
  expect(times.length).toBeGreaterThan(0);
  return times.reduce((sum, time) => sum + time, 0);
}

/** A small llama that reads so many tokens, and a prompt of token ids. */
async function openLlama(page: Page, nCtx: number, tokens: readonly number[]): Promise<void> {
  await openPlayground(page);
  const names = readdirSync(LLAMA).filter((name) => !name.startsWith("golden"));
  const read = (name: string) => {
    const bytes = readFileSync(`${LLAMA}/${name}`);
    if (name !== "config.json") return bytes;
    const config = JSON.parse(bytes.toString()) as object;
    return Buffer.from(JSON.stringify({ ...config, max_position_embeddings: nCtx }));
  };
  await dropFiles(
    page,
    names.map((name) => ({ name, bytes: read(name) })),
  );
  await expect(page.getByText(/token ids only/).first()).toBeVisible();
  await page.locator("#prompt").fill(tokens.join(" "));
  await page.locator("#prompt").blur();
  await page.getByRole("tab", { name: "Activations" }).click();
}

const idsUpTo = (count: number) => Array.from({ length: count }, (_, i) => (i * i + 3) % 29);
const chooseSite = async (page: Page, name: string) =>
  page.getByRole("combobox", { name: "site", exact: true }).selectOption(name);

test("a site chosen by keyboard shows the statistics of its capture, and leaves as npz", async ({ page }) => {
  const tokens = idsUpTo(12);
  await openLlama(page, 64, tokens);
  await page.getByRole("combobox", { name: "layer", exact: true }).focus();
  await page.keyboard.press("ArrowDown");
  await page.getByRole("combobox", { name: "site", exact: true }).focus();
  await page.keyboard.type("attn.z");
  const table = page.getByRole("region", { name: `Statistics of ${SITE}` });
  await expect(table).toBeVisible();

  const values = await page.evaluate(
    async ([ids, site]) => {
      const { captures } = await window.vitrine.run({ rows: [{ tokens: ids }], capture: [site] });
      return Array.from(captures[0]?.data ?? []);
    },
    [tokens, SITE] as const,
  );
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  const shown = async (name: string) =>
    numberIn(await table.getByRole("row", { name }).getByRole("cell").innerText());
  expect(await shown("elements")).toBe(values.length);
  expect(await shown("mean")).toBeCloseTo(mean, 3);
  expect(await shown("deviation")).toBeCloseTo(deviation, 3);
  expect(await shown("largest")).toBeCloseTo(Math.max(...values), 3);
  expect(await shown("norm")).toBeCloseTo(Math.hypot(...values), 3);

  // The heatmap says the same number of a cell that is walked to: here of position 1, dimension 0 of head 0.
  const map = page.getByRole("application", { name: new RegExp(`^${SITE} · head 0`) });
  await map.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const readout = page.getByText(/^position 1 .*dimension 0: /);
  const [width = 0] = [values.length / tokens.length];
  expect(numberIn((await readout.innerText()).split(": ")[1] ?? "")).toBeCloseTo(values[width] ?? NaN, 3);

  await page.getByTitle("Whole tensors as a file").click();
  await page.getByRole("radio", { name: "all sites of this layer" }).check();
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "npz" }).click();
  const files = unzipSync(new Uint8Array(readFileSync(await (await downloading).path())));
  const npy = files["blocks.1.attn.hook_z.npy"] ?? new Uint8Array();
  expect(Object.keys(files)).toContain("blocks.1.mlp.hook_pre_linear.npy");
  const data = Buffer.from(npy.subarray(npy.length - 4 * values.length));
  expect(values.every((value, i) => Math.abs(value - data.readFloatLE(4 * i)) < 1e-5)).toBe(true);
});

test("a prompt of 1,500 tokens stays quick to look at", async ({ page }) => {
  test.slow();
  await openLlama(page, 2048, idsUpTo(1500));
  await chooseSite(page, "attn.pattern");
  const map = page.getByRole("application", { name: /^blocks\.0\.attn\.pattern · head 0/ });
  await expect(map).toBeVisible({ timeout: 120_000 });
  await expect(page.getByText("queries 0–1499 of 1,500, keys 0–1499")).toBeVisible();
  await expect(page.getByText("largest size of 6 × 3")).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await map.focus();
  const started = await cpuSeconds(page);
  const zooms = ["1,500, keys 250–1249", "1,500, keys 417–1082"];
  for (const range of zooms) {
    await page.keyboard.press("+");
    await expect(page.getByText(range)).toBeVisible();
  }
  // Two windows read and drawn; a second of work is far more than they take. What else the machine does is no matter.
  expect((await cpuSeconds(page)) - started).toBeLessThan(1);
  // Nothing is one element a cell.
  expect(await page.locator("section[aria-label=Activations] *").count()).toBeLessThan(1200);
});

test("several prompts and written text are captured, axe finds nothing", async ({ page }) => {
  await openPlayground(page);
  await page.getByRole("tab", { name: "Activations" }).click();
  await expect(page.getByRole("region", { name: "Statistics of blocks.0.resid_post" })).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  const source = page.getByRole("combobox", { name: "of", exact: true });
  await source.selectOption("prompts");
  await page
    .getByLabel("Prompts, one a line")
    .fill("Ann has 3 apples .\nBob has 5 plums . Bob eats 2 plums .");
  await page.getByRole("button", { name: "Capture for these 2 prompts" }).click();
  await expect(page.getByRole("row", { name: /^all 2 / })).toBeVisible();

  await source.selectOption("writing");
  await page.getByRole("button", { name: "Capture while writing" }).click();
  await expect(page.getByText(/written from position \d+ on/).first()).toBeVisible();

  await page.getByRole("button", { name: "Neuron", exact: true }).click();
  await expect(page.getByRole("region", { name: /^Activation on the text/ })).toBeVisible();
  await page.getByRole("button", { name: "Zero this neuron" }).click();
  const strongest = page.getByRole("region", { name: /^Strongest on/ });
  await expect(strongest.getByRole("columnheader", { name: "baseline" })).toBeVisible();
  await expect(strongest.getByRole("row").nth(1).getByRole("cell").first()).toHaveText("0.000");
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
});
