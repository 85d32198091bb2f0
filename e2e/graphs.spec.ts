/** Attribution graphs: a file of others is opened by a drop, drawn, marked and written back; a large one stays quick. */
import { readFileSync } from "node:fs";
import AxeBuilder from "@axe-core/playwright";
import { expect, test, type Page } from "@playwright/test";
import { sampleJson } from "../src/client/graph/graphs.samples";
import { dropFiles, openPlayground } from "./playground";

const panel = (page: Page) => page.getByRole("region", { name: "Graphs", exact: true });
const chosen = (page: Page) => page.getByRole("region", { name: "Chosen node" });
const drawing = (page: Page) => page.getByRole("application", { name: /^Attribution graph/ });

async function saved(page: Page): Promise<unknown> {
  const download = page.waitForEvent("download");
  await panel(page).getByRole("button", { name: "Save graph JSON" }).click();
  return JSON.parse(readFileSync(await (await download).path(), "utf8"));
}

const drop = (page: Page, name: string, graph: object) =>
  dropFiles(page, [{ name, bytes: Buffer.from(JSON.stringify(graph)) }]);

test("a dropped graph is drawn, walked, pinned, grouped, and written back with nothing lost", async ({
  page,
}) => {
  await openPlayground(page);
  await drop(page, "two.json", sampleJson());
  await expect(
    page.getByText("two.json: an attribution graph of gemma-2-2b, 7 nodes, 6 links."),
  ).toBeVisible();
  await expect(panel(page)).toContainText("6 of 7 nodes, 5 of 6 links");
  await expect(panel(page)).toContainText(/81 % of what reaches the prediction/);
  expect(await saved(page)).toEqual(sampleJson());

  // The keyboard: from the prediction down to a latent, and along its row.
  await drawing(page).focus();
  await page.keyboard.press("ArrowDown");
  await expect(chosen(page).getByRole("heading", { name: "latent 45" })).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await expect(chosen(page)).toContainText("activation 2.500");
  await page.keyboard.press("Enter");
  const marked = page.getByRole("region", { name: "Pinned nodes and groups" });
  await marked.getByRole("checkbox", { name: "Take numbers into a group" }).check();
  await marked.getByLabel("group the ticked as").fill("counting");
  await marked.getByRole("button", { name: "Group", exact: true }).click();
  await chosen(page).getByLabel("name").fill("numerals");
  await chosen(page).getByLabel("name").press("Enter");
  await expect(chosen(page).getByRole("heading", { name: "numerals" })).toBeVisible();
  const wanted = sampleJson();
  wanted.qParams.pinnedIds = ["3_45_1", "0_5_1"];
  wanted.qParams.supernodes = [
    ["pair", "3_45_1"],
    ["counting", "0_5_1"],
  ];
  if (wanted.nodes[2]) wanted.nodes[2].clerp = "numerals";
  expect(await saved(page)).toEqual(wanted);
  await marked.getByRole("button", { name: "Undo" }).click();
  await expect(chosen(page).getByRole("heading", { name: "numbers" })).toBeVisible();

  await panel(page).getByRole("button", { name: "Export ▾" }).click();
  const svg = page.waitForEvent("download");
  await panel(page).getByRole("button", { name: "SVG" }).click();
  expect(readFileSync(await (await svg).path(), "utf8")).toContain("[2] numbers");
  await page.keyboard.press("Escape");
  const found = await new AxeBuilder({ page }).include("[aria-label='Graphs']").analyze();
  expect(found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);

  // What is no graph is said in place; the one that is open stays.
  await dropFiles(page, [
    { name: "cut.json", bytes: Buffer.from('{"metadata": {}, "nodes": [], "links": [') },
  ]);
  await expect(page.getByText(/cut\.json is no JSON; it may have been cut/)).toBeVisible();
  await expect(panel(page)).toContainText("7 nodes");
});

/** 1,500 nodes in 26 layers and 12 positions, 40,000 links upwards. */
function largeGraph() {
  let state = 7;
  const random = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const nodes = Array.from({ length: 1500 }, (_, i) => {
    const layer = Math.floor((i / 1500) * 26);
    const position = random(12);
    const kind =
      i < 12
        ? "embedding"
        : i >= 1490
          ? "logit"
          : i % 5 === 0
            ? "mlp reconstruction error"
            : "cross layer transcoder";
    return {
      ...{
        node_id: `${layer}_${i}_${position}`,
        feature: i,
        layer: kind === "embedding" ? "E" : String(layer),
      },
      ...{
        ctx_idx: kind === "logit" ? 11 : kind === "embedding" ? i : position,
        feature_type: kind,
        clerp: "",
      },
      ...{
        token_prob: kind === "logit" ? 0.1 : 0,
        is_target_logit: i === 1490,
        influence: kind === "logit" ? null : i / 1500,
      },
    };
  });
  const links = Array.from({ length: 40_000 }, () => {
    const a = random(1500);
    const b = random(1500);
    const [from, to] = [nodes[Math.min(a, b)], nodes[Math.max(a, b)]];
    return { source: from?.node_id, target: to?.node_id, weight: random(2000) / 100 - 10 };
  }).filter(({ source, target }) => source !== target);
  const metadata = {
    slug: "large",
    scan: "gemma-2-2b",
    prompt: "",
    prompt_tokens: Array.from({ length: 12 }, (_, i) => ` t${i}`),
  };
  return { metadata, qParams: {}, nodes, links };
}

test("1,500 nodes and 40,000 links are drawn within a frame or two", async ({ page }) => {
  await openPlayground(page);
  const graph = largeGraph();
  await drop(page, "large.json", graph);
  await expect(panel(page)).toContainText("1,500 of 1,500 nodes");
  await drawing(page).focus();
  const times: number[] = [];
  for (const key of ["ArrowDown", "ArrowLeft", "ArrowDown", "ArrowRight", "ArrowDown", "ArrowUp"]) {
    await page.keyboard.press(key);
    await page.waitForTimeout(60);
    times.push(
      await page.evaluate(() => performance.getEntriesByName("draw graph").at(-1)?.duration ?? Infinity),
    );
  }
  const median = times.toSorted((a, b) => a - b)[3] ?? Infinity;
  test
    .info()
    .annotations.push({ type: "draw, ms", description: times.map((one) => one.toFixed(1)).join(" ") });
  console.log(`drawing 1,500 nodes and 40,000 links: ${times.map((one) => one.toFixed(1)).join(", ")} ms`);
  // A machine that runs other tests beside takes longer; this is far from what a frame allows only when something is wrong.
  expect(median).toBeLessThan(100);
  expect(await saved(page)).toEqual(JSON.parse(JSON.stringify(graph)));
});

test("the prompt's graph: computed, checked by ablations, followed to an edit, carried by a link", async ({
  page,
  browser,
}) => {
  await openPlayground(page);
  await page.getByRole("tab", { name: "Graphs", exact: true }).click();
  await panel(page).getByRole("button", { name: "Compute the graph" }).click();
  const done = (on: Page) => panel(on).getByText(/^[\d,]+ tokens · [\d.]+ s$/);
  await expect(done(page)).toBeVisible({ timeout: 120_000 });
  await expect(panel(page)).toContainText(/Before pruning: \d+ nodes, [\d,]+ links, replacement 0\.\d+/);
  await expect(page.getByRole("region", { name: /^Does the graph say what ablations do\?/ })).toContainText(
    /Latents drawn from the graph by seed 1: n = \d+, Pearson’s r/,
  );
  const scores = await panel(page)
    .getByText(/of what reaches the prediction/)
    .textContent();

  // The saved graph is in the public form, and opens as another one.
  const graph = (await saved(page)) as ReturnType<typeof sampleJson>;
  expect(graph.metadata.prompt_tokens[0]).toBe("<s>");
  await expect(chosen(page).getByRole("heading", { name: /^Output/ })).toBeVisible();
  await page.getByRole("searchbox", { name: "find" }).fill("latent");
  await page.getByRole("searchbox", { name: "find" }).press("Enter");
  await chosen(page).getByRole("button", { name: "Pin", exact: true }).click();
  const name = (await chosen(page).getByRole("heading").first().textContent()) ?? "";

  await page.keyboard.press("Escape");
  await page.locator("body").click({ position: { x: 2, y: 2 } });
  await page.keyboard.press("s");
  await expect(page.getByText(/in the address bar/)).toBeVisible();
  const other = await browser.newPage();
  await other.goto(page.url());
  await expect(done(other)).toBeVisible({ timeout: 120_000 });
  await expect(panel(other)).toContainText(scores ?? "");
  const marked = other.getByRole("region", { name: "Pinned nodes and groups" });
  await expect(marked.getByRole("button", { name: new RegExp(`^Unpin`) })).toHaveCount(1);
  await expect(marked).toContainText(name.slice(0, 20));
  await other.close();

  await chosen(page).getByRole("button", { name: "Ablate here" }).click();
  // Computed again under the edit.
  await expect(
    panel(page)
      .getByText(/edits: ablate latent/)
      .first(),
  ).toBeVisible({ timeout: 120_000 });
  await expect(done(page)).toBeVisible({ timeout: 120_000 });
  await drop(page, "mine.json", graph);
  await expect(page.getByText(/^mine\.json: an attribution graph of ledger, \d+ nodes/)).toBeVisible();
  await expect(panel(page)).toContainText("from the file mine.json");
});
