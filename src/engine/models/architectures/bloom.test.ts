/** ALiBi counts positions: where rows share a prefix, hide keys or leave a gap, a key's slot is not its position. */
import { expect, it } from "vitest";
import type { RunRow } from "../../../protocol/run";
import { run } from "../../interp/pass/runRows";
import { loadChanged, openFolder } from "../golden.samples";
import { alibiSlope } from "../../kernels/attention/alibiSlope";

const TOKENS = [1, 17, 4, 28, 9, 4];
const SITES = ["blocks.0.attn.scores", "blocks.0.attn.q", "blocks.0.attn.k", "logits"];

async function capture(rows: RunRow[], sites = SITES) {
  const model = await loadChanged(await openFolder("bloom"));
  const { captures } = await run(model, { rows, capture: sites });
  return (row: number, site: string) => captures.find((one) => one.row === row && one.site === site)!;
}

/** Row `query` of the scores of head `head`, over all keys. */
function scoresOf(
  { shape, data }: { shape: readonly number[]; data: Float32Array },
  head: number,
  query: number,
) {
  const [, queries = 0, keys = 0] = shape;
  const start = (head * queries + query) * keys;
  return [...data.subarray(start, start + keys)];
}

it("gives branches of a shared prefix what each gives alone", async () => {
  const branches = [TOKENS, [...TOKENS.slice(0, 3), 5, 6, 7]];
  const [parent, own] = [branches[0]!.slice(0, 3), branches.map((tokens) => tokens.slice(3))];
  const shared = await capture([{ tokens: parent }, ...own.map((tokens) => ({ tokens, parent: 0 }))]);
  const alone = await capture(branches.map((tokens) => ({ tokens })));
  for (const branch of [0, 1]) {
    for (const head of [0, 1, 2]) {
      const expected = scoresOf(alone(branch, SITES[0]!), head, 5);
      scoresOf(shared(1 + branch, SITES[0]!), head, 2).forEach((score, key) =>
        expect(score).toBeCloseTo(expected[key]!, 5),
      );
    }
    const [mine, theirs] = [shared(1 + branch, "logits").data, alone(branch, "logits").data];
    mine.forEach((logit, i) => expect(logit).toBeCloseTo(theirs[theirs.length - mine.length + i]!, 4));
  }
});

it("keeps the distance of keys behind a hidden one", async () => {
  const whole = await capture([{ tokens: TOKENS }]);
  const hidden = await capture([{ tokens: TOKENS, hiddenPositions: [1, 3] }]);
  for (const head of [0, 1, 2]) {
    const expected = scoresOf(whole(0, SITES[0]!), head, 5);
    expected[1] = expected[3] = -Infinity;
    expect(scoresOf(hidden(0, SITES[0]!), head, 5)).toEqual(expected);
  }
});

it("lets keys recede behind a gap, at each head's slope", async () => {
  const near = await capture([{ tokens: TOKENS.slice(0, 3) }, { tokens: [9], parent: 0 }]);
  const far = await capture([{ tokens: TOKENS.slice(0, 3) }, { tokens: [9], parent: 0, startPosition: 10 }]);
  for (const head of [0, 1, 2]) {
    const before = scoresOf(near(1, SITES[0]!), head, 0);
    const after = scoresOf(far(1, SITES[0]!), head, 0);
    for (const key of [0, 1, 2])
      expect(before[key]! - after[key]!).toBeCloseTo(7 * alibiSlope(head, 3, 8), 5);
    expect(after.at(-1)).toBeCloseTo(before.at(-1)!, 5);
  }
});
