/**
 * Two ways to the same end, timed in turns in one process: A, B, B again. A ratio is the median over rounds; the control is
 * B ÷ B, which off 1.0 by more than 0.1 says that the machine was too busy to tell.
 */

export interface Paired {
  /** A ÷ B, median and smallest of the rounds. */
  readonly ratio: number;
  readonly least: number;
  /** B ÷ B: 1 on a quiet machine. */
  readonly control: number;
  readonly aMs: number;
  readonly bMs: number;
}

export const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

async function timed(work: () => Promise<void>, repeats: number): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < repeats; i++) await work();
  return (performance.now() - started) / repeats;
}

/** Each side is repeated until it fills `leastMs`: browsers' clocks are coarse. */
export async function paired(
  a: () => Promise<void>,
  b: () => Promise<void>,
  rounds = 9,
  leastMs = 20,
): Promise<Paired> {
  const repeatsOf = async (work: () => Promise<void>) => {
    // The first runs compile, allocate and warm up.
    await work();
    const ms = Math.max(0.01, await timed(work, 2));
    return Math.max(1, Math.ceil(leastMs / ms));
  };
  const [aRepeats, bRepeats] = [await repeatsOf(a), await repeatsOf(b)];
  const results = [];
  for (let round = 0; round < rounds; round++) {
    results.push({
      a: await timed(a, aRepeats),
      b: await timed(b, bRepeats),
      again: await timed(b, bRepeats),
    });
  }
  const ratios = results.map((result) => result.a / ((result.b + result.again) / 2));
  return {
    ratio: median(ratios),
    least: Math.min(...ratios),
    control: median(results.map((result) => result.again / result.b)),
    aMs: median(results.map((result) => result.a)),
    bMs: median(results.map((result) => result.b)),
  };
}

/** One line: what was measured, then the ratio and how far it can be trusted. */
export function pairedLine(title: string, [a, b]: readonly [string, string], result: Paired): string {
  const noisy = Math.abs(result.control - 1) > 0.1 ? "  NOISY" : "";
  const { ratio, least, control, aMs, bMs } = result;
  return [
    `${title}: ${a} ÷ ${b} = ${ratio.toFixed(2)} (least ${least.toFixed(2)}, control ${control.toFixed(2)}),`,
    `${aMs.toFixed(2)} ms and ${bMs.toFixed(2)} ms${noisy}`,
  ].join(" ");
}
