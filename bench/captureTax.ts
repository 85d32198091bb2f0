/**
 * What capturing costs (B13): a run that captures every site beside the same run that captures none.
 *
 *   npm run --silent headless -- --entry bench/captureTax.ts [--device cpu|webgpu] [--rounds 15]     in Node
 *   npx vitest run --project bench bench/captureTax                                                 in Chromium
 *
 * Both score every token, so that both compute the same logits: capturing logits means computing all of them. Runs
 * take turns, bare, captured, bare again; the ratio is the median over rounds of captured ÷ bare, with the smallest
 * beside it. The control is bare ÷ bare: off 1.0 by more than 0.1 it says that the machine was too busy to tell.
 */
import type { Counters, Device } from "../src/engine/device/device";
import { run } from "../src/engine/interp/pass/runRows";
import { sitesOf, type Model } from "../src/engine/models/model";
import { randomGpt2 } from "../src/engine/models/randomModel";
import { openNodeDevice } from "./nodeDevice";

export interface CaptureTax {
  readonly tokens: number;
  /** Captured ÷ bare, median and smallest of the rounds. */
  readonly ratio: number;
  readonly least: number;
  /** Bare ÷ bare: 1 on a quiet machine. */
  readonly control: number;
  readonly bareMs: number;
  readonly capturedBytes: number;
  readonly extraDispatches: number;
  readonly readBacks: number;
}

/** As large as a software adapter can run many times. */
export const SHAPE = { n_layer: 4, n_head: 4, n_embd: 96, vocab_size: 1000, n_positions: 512 };
export const LENGTHS = [16, 64, 256];

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

export async function captureTax(model: Model, length: number, rounds: number): Promise<CaptureTax> {
  const { device } = model.memory;
  const tokens = Array.from({ length }, (_, i) => (i * 31 + 7) % model.config.dVocab);
  const rows = [{ tokens }];
  const score = tokens.map((target, position) => ({ row: 0, position, target }));
  const timed = async (capture: readonly string[]) => {
    const before: Counters = { ...device.counters };
    const started = performance.now();
    await run(model, { rows, score, capture: [...capture] });
    const ms = performance.now() - started;
    const used = (name: keyof Counters) => device.counters[name] - before[name];
    return { ms, dispatches: used("dispatches"), readBacks: used("readBacks"), bytes: used("bytesReadBack") };
  };
  const sites = sitesOf(model);
  // The first runs compile, allocate and warm up.
  for (let i = 0; i < 3; i++) for (const capture of [[], sites]) await timed(capture);
  const results = [];
  for (let round = 0; round < rounds; round++) {
    results.push({ bare: await timed([]), captured: await timed(sites), again: await timed([]) });
  }
  const ratios = results.map(({ bare, captured, again }) => captured.ms / ((bare.ms + again.ms) / 2));
  const [first] = results;
  return {
    tokens: length,
    ratio: median(ratios),
    least: Math.min(...ratios),
    control: median(results.map(({ bare, again }) => again.ms / bare.ms)),
    bareMs: median(results.map(({ bare }) => bare.ms)),
    capturedBytes: (first?.captured.bytes ?? 0) - (first?.bare.bytes ?? 0),
    extraDispatches: (first?.captured.dispatches ?? 0) - (first?.bare.dispatches ?? 0),
    readBacks: first?.captured.readBacks ?? 0,
  };
}

/** One line a length. */
export function line(device: string, tax: CaptureTax): string {
  const noisy = Math.abs(tax.control - 1) > 0.1 ? "  NOISY" : "";
  return [
    `B13 capture tax, ${device}, ${tax.tokens} tokens:`,
    `captured ÷ bare ${tax.ratio.toFixed(2)} (least ${tax.least.toFixed(2)}, control ${tax.control.toFixed(2)}),`,
    `bare ${tax.bareMs.toFixed(1)} ms, ${(tax.capturedBytes / 1e6).toFixed(1)} MB captured,`,
    `${tax.extraDispatches} dispatches more, ${tax.readBacks} read-back${noisy}`,
  ].join(" ");
}

export async function measure(
  device: Device,
  rounds: number,
  print: (line: string) => void,
): Promise<CaptureTax[]> {
  const model = randomGpt2(device, SHAPE);
  const taxes: CaptureTax[] = [];
  for (const length of LENGTHS) {
    const tax = await captureTax(model, length, rounds);
    print(line(device.label, tax));
    taxes.push(tax);
  }
  return taxes;
}

export async function main(args: string[]): Promise<void> {
  // Not above: a browser has none.
  const { parseArgs } = await import("node:util");
  const { values } = parseArgs({
    args,
    options: { device: { type: "string", default: "cpu" }, rounds: { type: "string", default: "15" } },
  });
  const device = await openNodeDevice(values.device);
  await measure(device, Number(values.rounds), (text) => console.log(text));
}
