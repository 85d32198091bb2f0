/** The logit lens: the last row is the model itself; every other row is the head applied to that residual stream. */
import { describe, expect, it } from "vitest";
import { NEVER_CANCELLED } from "../../../protocol/cancel";
import type { Edit } from "../../../protocol/interventions";
import { createCpuDevice } from "../../device/cpu";
import { resolveEdits } from "../../interp/interventions/index";
import { run } from "../../interp/pass/runRows";
import { GOLDEN_RUNS, loadChanged, openFolder, readGolden } from "../../models/golden.samples";
import { sitesOf, type Model } from "../../models/model";
import { randomGpt2 } from "../../models/randomModel";
import { logitLens } from "./logitLens";

/** log softmax of each row, f64. */
function logProbs(logits: Float32Array, width: number): number[][] {
  return Array.from({ length: logits.length / width }, (_, row) => {
    const line = [...logits.subarray(row * width, (row + 1) * width)];
    const highest = Math.max(...line);
    const total = Math.log(line.reduce((sum, x) => sum + Math.exp(x - highest), 0));
    return line.map((x) => x - highest - total);
  });
}

async function modelLogits(model: Model, tokens: readonly number[], edits: Edit[] = []) {
  const row = await resolveEdits(model, { tokens, edits });
  const { captures } = await run(model, { rows: [row], capture: ["logits"] });
  return captures[0]!;
}

/** The head on a captured residual stream. */
async function headOn(model: Model, data: Float32Array, rows: number) {
  const { memory, config, weights, architecture } = model;
  const kept = memory.keep(
    memory.scope(() => {
      const residual = memory.from(Float32Array.from(data), [rows, config.dModel], "test");
      const pass = { wants: () => false, edits: () => false };
      const taps = { ...pass, tap: (_: string, x: never) => x, columns: (_: string, x: never) => x };
      return architecture.head({ config, weights, memory, taps }, residual);
    }),
  );
  const [bytes] = await memory.device.read([
    { buffer: kept.buffer, offsetBytes: 0, sizeBytes: 4 * kept.size },
  ]);
  const [, width = 0] = kept.shape;
  memory.release(kept);
  return { data: new Float32Array(bytes!), width };
}

describe.each(GOLDEN_RUNS)("%s %j", (folder, change, recording = "golden.safetensors") => {
  it("ends with the model's own logits, and reads every residual site by the model's own head", async () => {
    const model = await loadChanged(await openFolder(folder), change);
    const { tokens } = await readGolden(folder, recording);
    const positions = tokens.map((_, i) => i);
    const request = { prompt: { tokens }, positions, targets: [3, 11], k: 5 };
    const lens = await logitLens(model, request, NEVER_CANCELLED);

    const sites = sitesOf(model).filter((site) => /resid_(mid|post)$|^blocks\.0\.resid_pre$/.test(site));
    expect(lens.sites).toEqual(sites);
    const own = await modelLogits(model, tokens);
    const captured = (await run(model, { rows: [{ tokens }], capture: sites })).captures;
    for (const [index, site] of sites.entries()) {
      const residual = captured.find((capture) => capture.site === site)!;
      const byHead = await headOn(model, residual.data, tokens.length);
      const last = index === sites.length - 1;
      // The last row is what the model computed, bit for bit.
      if (last) expect(byHead.data).toEqual(own.data);
      for (const [position, expected] of logProbs(byHead.data, byHead.width).entries()) {
        const cell = lens.cells[index]![position]!;
        const order = [...expected.keys()].sort((a, b) => expected[b]! - expected[a]! || a - b);
        expect([...cell.top.ids], site).toEqual(order.slice(0, 5));
        cell.top.logProbs.forEach((value, n) => expect(value).toBeCloseTo(expected[order[n]!]!, 5));
        expect(cell.entropy).toBeCloseTo(-expected.reduce((sum, x) => sum + Math.exp(x) * x, 0), 4);
        [3, 11].forEach((target, n) => {
          expect(cell.targets[n]!.logProb).toBeCloseTo(expected[target]!, 5);
          expect(cell.targets[n]!.rank).toBe(expected.filter((x) => x > expected[target]!).length);
        });
      }
    }
  });
});

const EDITS: Edit[] = [
  { id: "a", on: true, kind: "scale", site: "resid_pre", layers: [1], factor: 0.5 },
  { id: "b", on: true, kind: "scale", site: "logits", factor: 2 },
];

it("follows edits, those of the head in its last row", async () => {
  const model = randomGpt2(await createCpuDevice());
  const tokens = [3, 1, 4, 1, 5];
  const prompt = { tokens, edits: EDITS };
  const lens = await logitLens(model, { prompt, positions: [4, 1], targets: [2], k: 1 }, NEVER_CANCELLED);
  const { data, shape } = await modelLogits(model, tokens, EDITS);
  const expected = logProbs(data, shape[1]!);
  expect(lens.cells.at(-1)!.map(({ targets }) => targets[0]!.logProb)).toEqual([
    expect.closeTo(expected[4]![2]!, 5),
    expect.closeTo(expected[1]![2]!, 5),
  ]);
  const plain = await logitLens(
    model,
    { prompt: { tokens }, positions: [4, 1], targets: [2], k: 1 },
    NEVER_CANCELLED,
  );
  // Before the first edit nothing differs.
  expect(lens.cells.slice(0, 2)).toEqual(plain.cells.slice(0, 2));
  expect(lens.cells[3]).not.toEqual(plain.cells[3]);
});

it("gives the same numbers where logits need several buffers", async () => {
  const device = await createCpuDevice();
  const tokens = [3, 1, 4, 1, 5, 9, 2];
  const request = { prompt: { tokens }, positions: tokens.map((_, i) => i), targets: [], k: 3 };
  const whole = await logitLens(randomGpt2(device), request, NEVER_CANCELLED);
  Object.assign(device.limits, { maxBufferBytes: 13 * 4 * 3 });
  const cut = await logitLens(randomGpt2(device), request, NEVER_CANCELLED);
  // Fewer rows at a time are summed in another order: equal but for rounding.
  const close = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value), (_, x: unknown) => (typeof x === "number" ? expect.closeTo(x, 5) : x));
  expect(JSON.parse(JSON.stringify(cut.cells))).toEqual(close(whole.cells));
});

it("refuses what is not there", async () => {
  const model = randomGpt2(await createCpuDevice());
  const request = { prompt: { tokens: [1, 2] }, positions: [1], targets: [1], k: 1 };
  const ask = (change: object) => logitLens(model, { ...request, ...change }, NEVER_CANCELLED);
  await expect(ask({ positions: [2] })).rejects.toThrow(/positions 0 to 1/);
  await expect(ask({ targets: [13] })).rejects.toThrow(/ids 0 to 12/);
  await expect(ask({ k: 0 })).rejects.toThrow(/at least one/);
});
