/** How surprised the model is by what an edit put into a chain. */
import type { ReadEdit } from "./problems";
import type { ChainReader, Reading } from "./reader";

/**
 * −log p of the edited tokens minus −log p of the original ones, in nats, after the text before them: `whole` are the
 * chains, `edits` the edits of each; one number an edit.
 */
export async function readSurprises(
  reader: ChainReader,
  whole: readonly (readonly number[])[],
  edits: readonly (readonly ReadEdit[])[],
): Promise<number[][]> {
  const readings = await reader.read(
    edits.map((list, i) => ({
      base: whole[i] ?? [],
      rows: list.flatMap(({ at, edited, original }) => {
        const tokens = (whole[i] ?? []).slice(0, at);
        return [
          { tokens, target: edited },
          { tokens, target: original },
        ];
      }),
    })),
  );
  const total = (reading: Reading | undefined) =>
    (reading?.logProbs ?? []).reduce((sum, value) => sum + value, 0);
  return edits.map((list, i) =>
    list.map((_, e) => total(readings[i]?.[2 * e + 1]) - total(readings[i]?.[2 * e])),
  );
}
