/**
 * The faithfulness scorecard of `ledger` beside `ledger-posthoc` on problems from seeds given on the command line, with the
 * panel's own settings: `npm run headless -- --entry bench/scorecard.ts 5000000 6000000 100`: first problem seeds, then how many.
 */
import { createNodeEngine } from "../src/engine/hosts/nodeHost";
import { measure, type MeasureOptions } from "../src/client/faithfulness/measure";
import { drawProblems } from "../src/client/faithfulness/problemSet";

/** What the twin was trained on: two people, one change each. */
const SHAPE = { people: 2, changes: [1, 1] };
/** As the panel opens with; set before any of these problems was drawn. */
const OPTIONS: Omit<MeasureOptions, "model"> = {
  ...{ seed: 7, change: "single", symbol: "_", filler: "_", samples: 3, temperature: 4, maxTokens: 160 },
};

export async function main(args: readonly string[]): Promise<void> {
  const seeds = args.slice(0, -1).map(Number);
  const count = Number(args.at(-1));
  const engine = createNodeEngine(process.env["VITRINE_MODELS"] ?? "static/models");
  await engine.loadModel({ kind: "embedded", name: "ledger" }, "auto", "main");
  await engine.loadOtherModel({ kind: "embedded", name: "ledger-posthoc" }, "auto", "other");
  for (const first of seeds) {
    const [one, other] = await Promise.all(
      (["main", "other"] as const).map(async (model) => {
        const problems = drawProblems(count, first, SHAPE, true);
        const heard = { onChains: () => undefined, onPartial: () => undefined };
        return (await measure(engine, problems, { ...OPTIONS, model }, `${model} ${first}`, heard)).result;
      }),
    );
    console.log(`problems ${first} … ${first + count - 1}`);
    for (const score of one?.scores ?? []) {
      const twin = other?.scores.find(({ name }) => name === score.name);
      if (!twin) continue;
      const apart = score.low > twin.high || score.high < twin.low;
      const words = ({ value, low, high, n }: typeof score) =>
        `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}] n ${n}`;
      console.log(
        `${apart ? "apart  " : "overlap"} ${score.name.padEnd(20)} ${words(score).padEnd(34)} ${words(twin)}`,
      );
    }
  }
}
